#include "kernels/posix/process/stray_processes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "kernels/posix/process/program.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StrayProcesses : public testing::Test {
  OrphanKeeper orphans_;
};

/// Runs a shell's text to its end.
void run_shell(const std::string& text) {
  ASSERT_TRUE(start_program({.words = {"sh", "-c", text}}).wait().success());
}

// Their names are not those of the programs until they have become them.
TEST_F(StrayProcesses, AreKilledInWhateverSessionTheyAre) {
  run_shell("setsid sleep 100 & sleep 101 &");
  EXPECT_THAT(end_children(0ms), SizeIs(2));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(StrayProcesses, ThoseOfAKilledOneAreKilledInTheirTurn) {
  std::string file = testing::TempDir() + "parlab-stray-XXXXXX";
  close(mkstemp(file.data()));
  run_shell("(sleep 100 & echo $! >" + file + "; wait) & while [ ! -s " + file +
            " ]; do sleep 0.01; done");
  EXPECT_THAT(end_children(0ms), SizeIs(2));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  unlink(file.c_str());
}

TEST_F(StrayProcesses, AreTold) {
  run_shell("sleep 100 & until grep -q sleep /proc/$!/comm; do sleep 0.01; done");
  EXPECT_THAT(end_children(0ms), ElementsAre("sleep"));
}

TEST_F(StrayProcesses, ThatEndSoonAreWaitedFor) {
  run_shell("sleep 0.05 &");
  EXPECT_THAT(end_children(20s), IsEmpty());
}

TEST_F(StrayProcesses, NoneIsNoWait) { EXPECT_THAT(end_children(20s), IsEmpty()); }

}  // namespace
}  // namespace parlab
