#pragma once

// Other programs: how they are found, started and read. A started one is a ChildProcess, which ends
// and reaps it.

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/process/child_process.hpp"

namespace parlab {

/// Environment variables to set or, without a value, to unset.
using Variables = std::map<std::string, std::optional<std::string>>;

struct Program {
  std::vector<std::string> words;  // its name, looked up on PATH unless it has a slash; arguments
  Variables variables = {};
  std::array<int, 3> streams = {-1, -1, -1};  // stdin, stdout, stderr; below 0: the caller's
  ProcessGroup group = ProcessGroup::inherited;
  std::function<void()> prepare = {};  // called in the child before it becomes the program
};

/// The exit code of a child that could not become its program, as shells have it.
inline constexpr int no_such_program = 127;

/// Throws std::system_error where no process can be made. A program that is not there is told by
/// no_such_program alone.
ChildProcess start_program(const Program& program);

struct ProgramOutput {
  ExitStatus status;
  std::string text;  // what it wrote to stdout and stderr, its end
  bool is_late = false;
};

/// Runs the program until it and whatever else writes to its streams have ended, and returns at
/// most the last `max_bytes` of what they wrote. Where the deadline passes before, the program is
/// killed, and late.
ProgramOutput output_of(Program program, std::size_t max_bytes, Deadline deadline = {});

/// The same of a program whose words are the answer to a question, whatever its exit code. Throws
/// std::runtime_error where a signal ended it: what it left unsaid is no answer.
std::string answer_of(Program question, std::size_t max_bytes, Deadline deadline = {});

/// Puts a program in the place of this process. `words`: what it sees, its name first. Returns,
/// with errno set, only where that fails.
void become_program(const std::string& file, const std::vector<std::string>& words,
                    const Variables& variables);

/// Where on PATH the program lies; "" where it does not.
std::string find_program(std::string_view name);

}  // namespace parlab
