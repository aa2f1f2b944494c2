// What a child process leaves behind, and what its parent then removes.

#include "kernels/posix/process/child_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace parlab {
namespace {

/// As LLVM's OpenMP runtime names what a process registers in /dev/shm.
std::string registration_of(pid_t pid) {
  return "/__KMP_REGISTERED_LIB_" + std::to_string(pid) + "_" + std::to_string(getuid());
}
bool register_process(pid_t pid) {
  const FileDescriptor file(
      shm_open(registration_of(pid).c_str(), O_RDWR | O_CREAT, S_IRUSR | S_IWUSR));
  return static_cast<bool>(file);
}
bool is_registered(pid_t pid) {
  return access(("/dev/shm" + registration_of(pid)).c_str(), F_OK) == 0;
}

TEST(ChildProcess, LeavesNoRegistrationOfOpenMpHoweverItEnds) {
  for (const int signal : {0, SIGKILL, SIGSEGV}) {
    ChildProcess child = ChildProcess::fork([&] {
      if (!register_process(getpid())) _exit(77);
      if (signal != 0) {
        ::signal(signal, SIG_DFL);
        raise(signal);
      }
    });
    const pid_t pid = child.pid();
    const ExitStatus status = child.wait();
    if (status.code == 77) GTEST_SKIP() << "no /dev/shm";
    EXPECT_FALSE(is_registered(pid)) << status.describe();
  }
}

TEST(ChildProcess, LeavesTheRegistrationsOfOthers) {
  const bool had_one = is_registered(getpid());
  if (!had_one && !register_process(getpid())) GTEST_SKIP() << "no /dev/shm";
  ChildProcess::fork([] {}).wait();
  EXPECT_TRUE(is_registered(getpid()));
  if (!had_one) shm_unlink(registration_of(getpid()).c_str());
}

}  // namespace
}  // namespace parlab
