// Processes that are started and waited for, one after another.

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "experiments/sharing/overhead/overhead_task.hpp"
#include "experiments/sharing/overhead/python_multiprocessing.hpp"
#include "kernels/sharing/process.hpp"

namespace parlab {
namespace {

constexpr int processes = 10;  // some 25 ms; six times as long by Python

/// No process ends so by accident.
constexpr int exit_code = 7;
constexpr std::uint64_t sum_of_codes = std::uint64_t{processes} * exit_code;

OpenedArm start_and_join() {
  return OpenedArm([]() -> Answer {
    int sum = 0;
    for (int i = 0; i < processes; ++i) {
      Process process([] { return exit_code; });
      process.start();
      process.join();
      sum += process.exitcode().value_or(0);
    }
    return sum;
  });
}

OpenedArm fork_and_wait() {
  return OpenedArm([]() -> Answer {
    int sum = 0;
    for (int i = 0; i < processes; ++i) {
      const pid_t child = fork();
      if (child == 0) _exit(exit_code);
      if (child < 0) throw std::runtime_error("cannot fork");
      int status = 0;
      waitpid(child, &status, 0);
      sum += WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    }
    return sum;
  });
}

}  // namespace

std::vector<OverheadTask> process_tasks() {
  OverheadTask task{
      .family = "process",
      .name = "process",
      .title = "a Process, started and joined",
      .size = processes,
      .unit = "processes",
      .expected = sum_of_codes,
      .bound =
          "The kernel copies the page tables, and takes them apart again; both take the longer "
          "the more memory the process has.",
      .methods = {
          own_method([](const RedisAddress&) { return start_and_join(); }),
          bare_method("fork_waitpid", 1.3, [](const RedisAddress&) { return fork_and_wait(); })}};
  add_python_method(task, "Process", fmt::format("process {} {}", processes, exit_code),
                    std::nullopt);
  return {task};
}

}  // namespace parlab
