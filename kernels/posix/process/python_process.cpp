#include "kernels/posix/process/python_process.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "kernels/posix/process/program.hpp"

#ifndef PARLAB_PYTHON
#define PARLAB_PYTHON "python3"
#endif

namespace parlab {
namespace {

ChildProcess start(std::vector<std::string> words, const std::string& python_path, int end,
                   int stderr_file) {
  Program python{.words = std::move(words), .streams = {end, end, stderr_file}};
  // Or OpenMP, loaded there, would bind the interpreter and all that it starts.
  python.variables = {{"OMP_PROC_BIND", "false"},
                      {"KMP_AFFINITY", std::nullopt},
                      // One thread: a peer on one worker.
                      {"OMP_NUM_THREADS", "1"},
                      {"OPENBLAS_NUM_THREADS", "1"}};
  if (!python_path.empty()) python.variables["PYTHONPATH"] = python_path;
  return start_program(python);  // ask() tells where there is none
}

/// The last line of the file, which of a traceback says what failed; "" where there is none.
std::string last_line_of(int file) {
  constexpr std::size_t max_length = 300;  // characters
  std::array<char, 4096> buffer;
  const off_t size = lseek(file, 0, SEEK_END);
  const off_t begin = std::max<off_t>(size - static_cast<off_t>(buffer.size()), 0);
  const ssize_t size_read = pread(file, buffer.data(), buffer.size(), begin);
  std::string_view text(buffer.data(), size_read > 0 ? static_cast<std::size_t>(size_read) : 0);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  const std::size_t line_end = text.rfind('\n');
  if (line_end != std::string_view::npos) text.remove_prefix(line_end + 1);
  std::string line(text.substr(0, max_length));
  for (char& letter : line)
    if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
  return line;
}

std::vector<std::string> words_of(const std::string& python, const std::string& script,
                                  const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {python, "-c", script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

PythonProcess::PythonProcess(const std::string& python, const std::string& script,
                             const std::vector<std::string>& arguments,
                             const std::string& python_path)
    // One socket serves both ways: unlike a pipe it can be written to without SIGPIPE.
    : PythonProcess(words_of(python, script, arguments), python_path,
                    make_socket_pair(SOCK_STREAM, "make a socket")) {}

PythonProcess::PythonProcess(std::vector<std::string> words, const std::string& python_path,
                             SocketPair ends)
    : socket_(std::move(ends.here)),
      stderr_file_(memfd_create("parlab-python", MFD_CLOEXEC)),
      child_(start(std::move(words), python_path, ends.there.get(), stderr_file_.get())) {}

void PythonProcess::throw_end() {
  const std::string how = child_.wait().describe(), why = last_line_of(stderr_file_.get());
  throw std::runtime_error("Python has ended: " + how + (why.empty() ? "" : ", " + why));
}

std::string PythonProcess::ask(const std::string& line) {
  if (!send_all(socket_.get(), line + "\n")) throw_end();
  std::size_t end = 0;
  while ((end = read_.find('\n')) == std::string::npos) {
    std::array<char, 4096> buffer;
    const ssize_t n = read(socket_.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw_end();
    read_.append(buffer.data(), static_cast<std::size_t>(n));
  }
  std::string answer = read_.substr(0, end);
  read_.erase(0, end + 1);
  return answer;
}

std::uint64_t PythonProcess::ask_number(const std::string& line) {
  const std::string answer = ask(line);
  std::uint64_t value = 0;
  const auto* const end = answer.data() + answer.size();
  if (answer.empty() || std::from_chars(answer.data(), end, value).ptr != end)
    throw std::runtime_error("Python answered '" + answer + "'");
  return value;
}

std::string python_program() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets the environment
  const char* named = std::getenv("PARLAB_PYTHON");
  return named != nullptr ? named : PARLAB_PYTHON;
}

FoundPython find_python(const std::string& probe) {
  for (const std::string& path :
       {python_program(), std::string("python3"), std::string("/usr/bin/python3")}) {
    try {
      const std::string answer = PythonProcess(path, probe).ask("");
      if (!answer.empty()) return {path, answer};
    } catch (const std::exception&) {  // there is no such python
    }
  }
  return {};
}

}  // namespace parlab
