#include "kernels/posix/process/group_watchdog.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/sockets.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using namespace std::chrono_literals;

/// What a program leaves that was killed: those of its processes whose numbers it told us. We are
/// their init, of the same session, as in a container.
class Killed : public SharingTest {
 protected:
  void SetUp() override {
    SharingTest::SetUp();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sockets_.emplace(make_socket_pair(SOCK_STREAM, "test"));
  }
  void TearDown() override {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    sockets_.reset();
    SharingTest::TearDown();
  }

  void tell(pid_t pid) const {
    ASSERT_EQ(write(sockets_->there.get(), &pid, sizeof pid), sizeof pid);
  }
  pid_t told() const {
    pid_t pid = 0;
    EXPECT_EQ(read(sockets_->here.get(), &pid, sizeof pid), sizeof pid);
    return pid;
  }
  /// A program whose child leads a group, with a child that dies with nobody. Both rest.
  ChildProcess program_with_a_group(bool watched, bool still_watched = true) const {
    return ChildProcess::fork([&] {
      std::optional<WatchedGroup> group;
      if (watched) group.emplace();
      const ChildProcess leader = ChildProcess::fork(
          [&] {
            const pid_t grandchild = fork();
            if (grandchild == 0)
              for (;;) pause();
            tell(grandchild);
            for (;;) pause();
          },
          ProcessGroup::own);
      if (group) group->watch(leader.pid());
      if (!still_watched) group.reset();
      tell(leader.pid());
      for (;;) pause();
    });
  }

  std::optional<SocketPair> sockets_;
};

void reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// Children of ours that watch: their parent is gone.
bool any_watchdog_of(pid_t parent) {
  const std::string pid = std::to_string(parent);
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  for (pid_t child = 0; children >> child;) {
    std::string name;
    std::ifstream("/proc/" + std::to_string(child) + "/comm") >> name;
    if (name == "parlab-watchdog") return true;
  }
  return false;
}

TEST_F(Killed, TakesAWatchedGroupAlong) {
  for (const bool stopped : {true, false}) {
    ChildProcess program = program_with_a_group(true);
    const std::array<pid_t, 2> processes = {told(), told()};
    if (stopped)
      for (const pid_t pid : processes) kill(pid, SIGSTOP);
    EXPECT_TRUE(eventually([&] { return is_asleep(processes[0]) && is_asleep(processes[1]); }));
    program.signal(SIGKILL);
    program.wait();
    for (const pid_t pid : processes) {
      EXPECT_TRUE(eventually([&] { return has_ended(pid); })) << "stopped: " << stopped;
      kill(pid, SIGKILL);
      reap(pid);
    }
    while (waitpid(-1, nullptr, 0) > 0) {  // the watchdog
    }
  }
}

TEST_F(Killed, LeavesAGroupThatIsNoLongerWatched) {
  ChildProcess program = program_with_a_group(true, false);
  const std::array<pid_t, 2> processes = {told(), told()};
  const pid_t grandchild =
      std::min(processes[0], processes[1]) == processes[0] ? processes[1] : processes[0];
  EXPECT_TRUE(eventually([&] { return !any_watchdog_of(program.pid()); }));
  program.signal(SIGKILL);
  program.wait();
  std::this_thread::sleep_for(200ms);
  EXPECT_FALSE(has_ended(grandchild));
  kill(grandchild, SIGKILL);
  for (const pid_t pid : processes) reap(pid);
}

TEST_F(Killed, OneWatchdogServesAllGroupsAndEndsWithTheLast) {
  std::optional<WatchedGroup> first(std::in_place), second(std::in_place);
  const auto watchdogs = [] {
    const std::string pid = std::to_string(getpid());
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    int count = 0;
    for (pid_t child = 0; children >> child;) ++count;
    return count;
  };
  EXPECT_EQ(watchdogs(), 1);
  first.reset();
  EXPECT_EQ(watchdogs(), 1);
  second.reset();
  EXPECT_EQ(watchdogs(), 0);
}

/// A forked copy must not take the watchdog of its parent for its own.
TEST_F(Killed, AForkedProcessHasItsOwnWatchdog) {
  const WatchedGroup ours;
  ChildProcess program = program_with_a_group(true);
  const std::array<pid_t, 2> processes = {told(), told()};
  program.signal(SIGKILL);
  program.wait();
  for (const pid_t pid : processes) {
    EXPECT_TRUE(eventually([&] { return has_ended(pid); }));
    kill(pid, SIGKILL);
    reap(pid);
  }
  EXPECT_TRUE(any_watchdog_of(getpid()));
  // Its own is reaped here, ours is not.
  std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
  for (pid_t child = 0; children >> child;)
    if (has_ended(child)) reap(child);
}

}  // namespace
}  // namespace parlab
