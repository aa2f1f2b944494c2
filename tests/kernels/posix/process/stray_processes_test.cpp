#include "kernels/posix/process/stray_processes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/posix/process/program.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;

class StrayProcesses : public testing::Test {
  OrphanKeeper orphans_;
};

/// Runs a shell's text to its end.
void run_shell(const std::string& text) {
  ASSERT_TRUE(start_program({.words = {"sh", "-c", text}}).wait().success());
}

TEST_F(StrayProcesses, AreKilledInWhateverSessionTheyAre) {
  run_shell("setsid sleep 100 & sleep 101 &");
  EXPECT_THAT(end_children(0ms), ElementsAre("sleep", "sleep"));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(StrayProcesses, ThoseOfAKilledOneAreKilledInTheirTurn) {
  run_shell("(trap '' TERM; sleep 100; true) &");
  EXPECT_THAT(end_children(0ms), ElementsAre("sh", "sleep"));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(StrayProcesses, ThatEndSoonAreWaitedFor) {
  run_shell("sleep 0.05 &");
  EXPECT_THAT(end_children(20s), IsEmpty());
}

TEST_F(StrayProcesses, NoneIsNoWait) { EXPECT_THAT(end_children(20s), IsEmpty()); }

}  // namespace
}  // namespace parlab
