#pragma once

// One run of a command: the program is started anew, waited for, and measured from outside.

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/machine/processors/processor_set.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/process/program.hpp"

namespace parlab {

/// A command that could not be run to its end, in words for its user.
class CommandFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How a program is started.
struct CommandStart {
  std::vector<std::string> words;    // the program's name first
  Variables variables = {};          // changes of the environment
  std::string folder = "";           // it runs in; "" for the caller's
  std::string input = "/dev/null";   // the file that is its stdin
  std::vector<int> processors = {};  // it may run on; empty: all
  bool may_leave_processes = false;  // they are killed, but that is no failure
  bool digests_output = false;       // else stdout goes to /dev/null
  std::chrono::duration<double> timeout{120};
};

/// What one run took: of the program and of the processes that it has waited for.
struct CommandRun {
  ExitStatus status;
  double seconds = 0;  // wall clock, from before the fork until the program has ended
  double user_seconds = 0, system_seconds = 0;
  std::uint64_t context_switches = 0;  // voluntary and not
  std::uint64_t page_faults = 0, major_faults = 0;
  std::uint64_t peak_bytes = 0;  // of the largest process
  std::uint64_t output_bytes = 0;
  std::string output_digest = "";  // of OutputDigest, where it was asked for
  std::string last_error = "";     // the last line that it wrote to stderr
};

/// "No such program", or why it cannot be started otherwise; empty where it can.
std::string why_not_startable(const CommandStart& start);

/// What a process that is started here has in memory before it becomes the program: no peak_bytes is
/// less. Requires what run_command() does.
std::uint64_t bytes_before_exec();

/// Runs it once. Whatever it leaves behind is killed: the calling process must adopt orphans and
/// have no other children. Throws CommandFailed where the program is not there, does not end in
/// time or leaves processes behind, std::system_error where no process can be made.
CommandRun run_command(const CommandStart& start);

}  // namespace parlab
