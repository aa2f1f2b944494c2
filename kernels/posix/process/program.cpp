#include "kernels/posix/process/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "kernels/base/limits.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {
namespace {

std::string name_of(std::string_view variable) {
  return std::string(variable.substr(0, variable.find('=')));
}

/// This process's environment with the changes, as exec takes it: "NAME=value".
std::vector<std::string> environment_with(const Variables& changes) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!changes.contains(name_of(*variable))) all.emplace_back(*variable);
  for (const auto& [name, value] : changes)
    if (value) all.push_back(name + "=" + *value);
  return all;
}

/// What exec takes: pointers to the words, a null at the end. Made before a fork, so that the child
/// of a program with threads needs no memory.
class ExecWords {
 public:
  explicit ExecWords(std::vector<std::string> words) : words_(std::move(words)) {
    pointers_.reserve(words_.size() + 1);
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  ExecWords(const ExecWords&) = delete;
  ExecWords& operator=(const ExecWords&) = delete;

  char* const* data() const { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

/// Makes them stdin, stdout and stderr; one below 0 stays as it is.
void put_in_place(std::array<int, 3> descriptors) {
  // Where the caller has closed such a stream, a descriptor may have its number, and would be
  // lost to the one before it.
  for (int& descriptor : descriptors)
    if (descriptor >= 0 && descriptor < 3) descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  for (int stream = 0; stream < 3; ++stream)
    if (const int descriptor = descriptors[static_cast<std::size_t>(stream)]; descriptor >= 0)
      dup2(descriptor, stream);
}

}  // namespace

ChildProcess start_program(const Program& program) {
  const ExecWords words(program.words), environment(environment_with(program.variables));
  return ChildProcess::fork(
      [&] {
        if (program.prepare) program.prepare();
        put_in_place(program.streams);
        execvpe(words.data()[0], words.data(), environment.data());
        _exit(no_such_program);
      },
      program.group);
}

ProgramOutput output_of(Program program, std::size_t max_bytes, Deadline deadline) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw refusal("make a pipe", errno);
  const FileDescriptor here(ends[0]);
  FileDescriptor there(ends[1]);
  program.streams[1] = program.streams[2] = there.get();
  ChildProcess child = start_program(program);
  there.reset();  // or the end of the child is not seen as the end of the pipe
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    pollfd written{here.get(), POLLIN, 0};
    if (!deadline.never() && poll(&written, 1, deadline.poll_milliseconds()) <= 0) {
      if (!deadline.passed()) continue;
      if (program.group == ProcessGroup::own) child.signal_group(SIGKILL);
      child.signal(SIGKILL);
      return {child.wait(), text, true};
    }
    const ssize_t n = read(here.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > max_bytes) text.erase(0, text.size() - max_bytes);
  }
  return {child.wait(), std::move(text)};
}

std::string answer_of(Program question, std::size_t max_bytes, Deadline deadline) {
  const std::string name = fmt::format("{}", fmt::join(question.words, " "));
  ProgramOutput told = output_of(std::move(question), max_bytes, deadline);
  if (told.is_late) throw std::runtime_error(name + " gave no answer in time");
  if (told.status.signal) throw std::runtime_error(name + " was " + told.status.describe());
  return std::move(told.text);
}

void become_program(const std::string& file, const std::vector<std::string>& words,
                    const Variables& variables) {
  const ExecWords arguments(words), environment(environment_with(variables));
  execve(file.c_str(), arguments.data(), environment.data());
}

std::string find_program(std::string_view name) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string file = folder + "/";
    file += name;
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

}  // namespace parlab
