#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/sockets.hpp"

namespace parlab {

/// A Python that stands by: it gets a line, computes, and answers with a line. Its start and its
/// imports are over before anything is timed. Ends with this object.
class PythonProcess {
 public:
  /// Runs `script` with the arguments: it must read lines from stdin and answer each with one on
  /// stdout, flushed. It finds modules in `python_path`, folders with a colon between them, before
  /// others; "" leaves the environment's. Throws std::system_error where no process can be made.
  PythonProcess(const std::string& python, const std::string& script,
                const std::vector<std::string>& arguments = {},
                const std::string& python_path = "");
  PythonProcess(const PythonProcess&) = delete;
  PythonProcess& operator=(const PythonProcess&) = delete;

  /// Sends a line, without its end, and returns the answer. Throws std::runtime_error where the
  /// process ends without one, with the last line that it wrote to stderr; nothing else of that is
  /// shown.
  std::string ask(const std::string& line);
  /// The same where the answer is a whole number; else it is thrown.
  std::uint64_t ask_number(const std::string& line);

 private:
  PythonProcess(std::vector<std::string> words, const std::string& python_path, SocketPair ends);
  [[noreturn]] void throw_end();

  FileDescriptor socket_;
  FileDescriptor stderr_file_;  // its stderr, in memory; empty where that cannot be made
  std::string read_;            // after the last answer
  ChildProcess child_;
};

struct FoundPython {
  std::string path;  // empty where there is none
  std::string answer;
};

/// $PARLAB_PYTHON, else the Python that the build found.
std::string python_program();

/// The first Python that answers `probe`, a script that reads one line, with a line that is not
/// empty: python_program(), or else those of the machine.
FoundPython find_python(const std::string& probe);

}  // namespace parlab
