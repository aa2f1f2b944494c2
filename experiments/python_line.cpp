#include "experiments/python_line.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace parlab {
namespace {

#ifndef PARLAB_PYTHON
#define PARLAB_PYTHON "python3"
#endif

std::filesystem::path own_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace

std::string python_path() {
  std::string path = (own_folder() / "python").string();
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(own_folder().parent_path() / "lib", none))
    if (entry.path().filename().string().starts_with("python"))
      path.append(":").append((entry.path() / "dist-packages").string());
  return path;
}

std::string python_program() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets the environment
  const char* named = std::getenv("PARLAB_PYTHON");
  return named != nullptr ? named : PARLAB_PYTHON;
}

LineProcess::LineProcess(std::vector<std::string> arguments) : program_(arguments.at(0)) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0)
    throw std::system_error(errno, std::generic_category(), "cannot make a socket pair");
  socket_ = ends[0];
  const std::string path = "PYTHONPATH=" + python_path();
  child_.emplace(ChildProcess::fork([&] {
    dup2(ends[1], STDIN_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    std::vector<char*> words;
    for (std::string& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry)
      if (!std::string_view(*entry).starts_with("PYTHONPATH=")) environment.push_back(*entry);
    environment.push_back(const_cast<char*>(path.c_str()));
    environment.push_back(nullptr);
    execvpe(words[0], words.data(), environment.data());
    _exit(127);
  }));
  close(ends[1]);
}

LineProcess::~LineProcess() { close(socket_); }

std::string LineProcess::ask(std::string_view question) {
  if (send(socket_, question.data(), question.size(), MSG_NOSIGNAL) < 0) throw_ended();
  while (answers_.find('\n') == std::string::npos) {
    std::array<char, 4096> part{};
    const ssize_t size = recv(socket_, part.data(), part.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) throw_ended();
    answers_.append(part.data(), static_cast<std::size_t>(size));
  }
  const std::size_t end = answers_.find('\n');
  std::string line = answers_.substr(0, end);
  answers_.erase(0, end + 1);
  return line;
}

void LineProcess::throw_ended() {
  throw std::runtime_error(fmt::format(
      "{} ended with {}: it needs numpy (apt-get install python3-numpy); PARLAB_PYTHON names "
      "another Python",
      program_, child_->wait().describe()));
}

std::string python_answer(const std::string& code, const std::string& program) {
  try {
    return LineProcess({program, "-c", "input()\n" + code}).ask("\n");
  } catch (const std::exception&) {
    return "";
  }
}

}  // namespace parlab
