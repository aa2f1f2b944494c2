#pragma once

// A CPython that answers a line with a line, and finds the package parlab: what the experiments run
// that ask about calls from Python.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/sharing/child_process.hpp"

namespace parlab {

/// $PARLAB_PYTHON, else the Python that the build found.
std::string python_program();

/// Where Python finds the package parlab: as built, or as installed below the same prefix.
std::string python_path();

/// A program with a socket as its stdin and stdout, that answers a line with a line.
class LineProcess {
 public:
  explicit LineProcess(std::vector<std::string> arguments);
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;
  ~LineProcess();

  /// The question ends with a newline; the answer comes without. Throws std::runtime_error where
  /// the process ended.
  std::string ask(std::string_view question);

 private:
  [[noreturn]] void throw_ended();

  std::string program_;
  int socket_ = -1;
  std::optional<ChildProcess> child_;
  std::string answers_;
};

/// What a Python prints for the code, its first line; "" where it fails.
std::string python_answer(const std::string& code, const std::string& program = python_program());

}  // namespace parlab
