#pragma once

// What `work` throws where a resource is short: in a child of the test, on which a limit is set.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <string>

namespace parlab {

/// Makes this process one of a user that has no other: tests that run at a time do not count each other's. False where
/// that is not allowed. Needs root.
inline bool become_another_user() {
  const uid_t nobody_else = 100'000 + static_cast<uid_t>(getpid());
  return setgid(nobody_else) == 0 && setuid(nobody_else) == 0;
}

/// The message, "" where nothing was thrown, "ended with ..." where the child did not survive.
inline std::string told_by_child(const std::function<void()>& prepare,
                                 const std::function<void()>& work) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // what hangs is killed
    std::string message;
    try {
      prepare();
      work();
    } catch (const std::exception& error) {
      message = error.what();
    }
    const ssize_t written = write(ends[1], message.data(), message.size());
    _exit(written == static_cast<ssize_t>(message.size()) ? 0 : 9);
  }
  close(ends[1]);
  std::string message;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = read(ends[0], buffer.data(), buffer.size())) > 0;)
    message.append(buffer.data(), static_cast<std::size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status == 0) return message;
  return WIFSIGNALED(status) ? "ended with signal " + std::to_string(WTERMSIG(status))
                             : "ended with code " + std::to_string(WEXITSTATUS(status));
}

/// With at most so many processes and threads of this user. Needs root.
inline std::string told_with_few_processes(rlim_t processes, const std::function<void()>& work) {
  return told_by_child(
      [&] {
        const rlimit limit{processes, processes};
        setrlimit(RLIMIT_NPROC, &limit);
        if (!become_another_user()) _exit(8);
      },
      work);
}

/// With at most `more` bytes of address space beyond what the process has now.
inline std::string told_with_little_memory(std::size_t more, const std::function<void()>& work) {
  return told_by_child(
      [&] {
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        const rlim_t bytes = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + more;
        const rlimit limit{bytes, bytes};
        setrlimit(RLIMIT_AS, &limit);
      },
      work);
}

}  // namespace parlab
