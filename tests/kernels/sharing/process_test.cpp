// Process: how it is started, waited for, ended; what its end looks like; who outlives whom.

#include "kernels/sharing/process.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "kernels/base/sanitizers.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/wait.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/messages/connection.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class ProcessTest : public SharingTest {};

[[noreturn]] void sleep_for_ever() {
  for (;;) pause();
}

TEST_F(ProcessTest, RunsAndTellsItsExitCode) {
  RawValue<int> pid(0);
  Process process([&] {
    pid.store(getpid());
    return 3;
  });
  EXPECT_FALSE(process.is_alive());
  EXPECT_EQ(process.pid(), std::nullopt);
  EXPECT_THROW(process.join(), std::logic_error);
  process.start();
  EXPECT_THROW(process.start(), std::logic_error);
  EXPECT_TRUE(process.join());
  EXPECT_EQ(process.exitcode(), 3);
  EXPECT_EQ(process.pid(), pid.load());
  EXPECT_FALSE(process.is_alive());
  process.close();
  EXPECT_EQ(process.exitcode(), 3);
  EXPECT_TRUE(process.join());
}

TEST_F(ProcessTest, EndsWithOneWhereItsWorkThrows) {
  testing::internal::CaptureStderr();
  Process process([] { throw std::runtime_error("no such thing"); }, {.name = "thrower"});
  process.start();
  process.join();
  EXPECT_EQ(process.exitcode(), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "parlab: thrower: no such thing\n");
}

TEST_F(ProcessTest, FlushesWhatItPrinted) {
  testing::internal::CaptureStdout();
  std::fputs("parent ", stdout);
  Process process([] { std::fputs("child ", stdout); });
  process.start();
  process.join();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "parent child ");
}

TEST_F(ProcessTest, GivesTheSignalAsANegativeExitCode) {
  for (const int signal : {SIGTERM, SIGKILL}) {
    Process process(sleep_for_ever);
    process.start();
    EXPECT_TRUE(process.is_alive());
    EXPECT_EQ(process.exitcode(), std::nullopt);
    EXPECT_THROW(process.close(), std::logic_error);
    EXPECT_FALSE(process.join(10ms));
    signal == SIGTERM ? process.terminate() : process.kill();
    EXPECT_TRUE(process.join(long_enough));
    EXPECT_EQ(process.exitcode(), -signal);
  }
}

TEST_F(ProcessTest, HasASentinelThatBecomesReadable) {
  Process slow(sleep_for_ever);
  Process quick([] {});
  slow.start();
  quick.start();
  EXPECT_THAT(wait({slow.sentinel(), quick.sentinel()}, long_enough), testing::ElementsAre(1));
  EXPECT_TRUE(wait({slow.sentinel()}, 0s).empty());
  slow.kill();
  EXPECT_THAT(wait({slow.sentinel()}, long_enough), testing::ElementsAre(0));
}

TEST_F(ProcessTest, IsEndedByTheDestructorOfADaemon) {
  int pid = 0;
  {
    Process process(sleep_for_ever, {.daemon = true});
    process.start();
    pid = *process.pid();
  }
  EXPECT_TRUE(has_ended(pid));
}

TEST_F(ProcessTest, IsEndedByTheDestructorEvenWhereItIgnoresSigterm) {
  RawValue<bool> ready(false);
  int pid = 0;
  {
    Process process(
        [&] {
          signal(SIGTERM, SIG_IGN);
          ready.store(true);
          sleep_for_ever();
        },
        {.daemon = true});
    process.start();
    ASSERT_TRUE(eventually([&] { return ready.load(); }));
    kill(*process.pid(), SIGSTOP);
    pid = *process.pid();
  }
  EXPECT_TRUE(has_ended(pid));
}

TEST_F(ProcessTest, IsEndedWhereAnExceptionPassesIt) {
  int pid = 0;
  try {
    Process process(sleep_for_ever);
    process.start();
    pid = *process.pid();
    throw std::runtime_error("on its way");
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(has_ended(pid));
  }
}

TEST_F(ProcessTest, RefusesToForkBesideAThread) {
  std::atomic<bool> end = false;
  std::thread other([&] {
    while (!end) std::this_thread::sleep_for(1ms);
  });
  Process process([] {});
  try {
    process.start();
    ADD_FAILURE() << "forked";
  } catch (const ForkRefused& refused) {
    EXPECT_THAT(refused.what(), testing::HasSubstr("1 other thread runs"));
    EXPECT_THAT(refused.what(), testing::HasSubstr("use ThreadPool"));
  }
  end = true;
  other.join();
  process.start();  // and the object is as new
  process.join();
  EXPECT_EQ(process.exitcode(), 0);
}

/// A child that starts its own child, from its main thread or from another, which then ends.
class Grandchild {
 public:
  explicit Grandchild(bool from_thread)
      : parent_([this, from_thread] {
          const auto start = [this] {
            auto* child = new ChildProcess(ChildProcess::fork([this] {
              pid_.store(getpid());
              sleep_for_ever();
            }));
            static_cast<void>(child);  // it outlives the thread
          };
          if (from_thread)
            std::thread(start).join();
          else
            start();
          started_.store(true);
          sleep_for_ever();
        }) {
    parent_.start();
  }
  bool runs() {
    return eventually([&] { return started_.load() && pid_.load() != 0; });
  }
  int pid() const { return pid_.load(); }
  Process& parent() { return parent_; }

 private:
  RawValue<int> pid_{0};
  RawValue<bool> started_{false};
  Process parent_;
};

TEST_F(ProcessTest, DiesWithItsParent) {
  Grandchild grandchild(false);
  ASSERT_TRUE(grandchild.runs());
  grandchild.parent().kill();
  EXPECT_TRUE(eventually([&] { return has_ended(grandchild.pid()); }));
}

TEST_F(ProcessTest, OutlivesTheThreadThatForkedItButNotItsParent) {
#ifdef PARLAB_THREAD_SANITIZER
  GTEST_SKIP() << "the thread sanitizer keeps signals from the handler of a child that pauses";
#endif
  Grandchild grandchild(true);
  ASSERT_TRUE(grandchild.runs());
  std::this_thread::sleep_for(20ms);  // a signal of the thread's end, if any, has come by then
  EXPECT_FALSE(has_ended(grandchild.pid()));
  grandchild.parent().kill();
  EXPECT_TRUE(eventually([&] { return has_ended(grandchild.pid()); }));
}

TEST_F(ProcessTest, LeavesCtrlCToItsParent) {
  RawValue<bool> ready(false);
  Process process([&] {
    ready.store(true);
    sleep_for_ever();
  });
  process.start();
  ASSERT_TRUE(eventually([&] { return ready.load(); }));
  kill(*process.pid(), SIGINT);
  EXPECT_FALSE(process.join(20ms));
  process.terminate();
  process.join();
  EXPECT_EQ(process.exitcode(), -SIGTERM);
}

}  // namespace
}  // namespace parlab
