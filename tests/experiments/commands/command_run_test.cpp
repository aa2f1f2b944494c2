#include "experiments/commands/command_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "experiments/commands/output_digest.hpp"
#include "kernels/posix/process/stray_processes.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

CommandStart shell(const std::string& text) {
  CommandStart start;
  start.words = {"sh", "-c", text};
  return start;
}

class CommandRuns : public testing::Test {
  OrphanKeeper orphans_;
};

TEST_F(CommandRuns, AreTimedFromOutside) {
  const CommandRun run = run_command(shell("sleep 0.05"));
  EXPECT_TRUE(run.status.success());
  EXPECT_GE(run.seconds, 0.05);
  EXPECT_LT(run.user_seconds + run.system_seconds, run.seconds);
  EXPECT_GT(run.page_faults, 10U);
}

TEST_F(CommandRuns, CountTheProcessesThatTheProgramWaitedFor) {
  const char busy[] = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
  const auto cpu_of = [](const CommandRun& run) { return run.user_seconds + run.system_seconds; };
  const double alone = cpu_of(run_command(shell(busy)));
  const CommandRun both = run_command(shell(std::string("(") + busy + "); " + busy));
  EXPECT_GT(cpu_of(both), 1.3 * alone);
}

TEST_F(CommandRuns, SeeTheLargestProcess) {
  const std::uint64_t least = bytes_before_exec();
  EXPECT_GT(least, 100'000U);
  const CommandRun run =
      run_command(shell("head -c 60000000 /dev/zero | tail -c 50000000 | wc -c"));
  EXPECT_GT(run.peak_bytes, 50'000'000U);
}

TEST_F(CommandRuns, DigestWhatIsWrittenAndKeepTheLastError) {
  CommandStart start =
      shell("echo one; echo two; echo first >&2; printf 'last\\033[31m' >&2; exit 3");
  start.digests_output = true;
  const CommandRun run = run_command(start);
  OutputDigest expected;
  expected.add("one\ntwo\n");
  EXPECT_EQ(run.output_digest, expected.text());
  EXPECT_EQ(run.output_bytes, 8U);
  EXPECT_EQ(run.last_error, "last[31m");
  EXPECT_EQ(run.status.code, 3);
}

TEST_F(CommandRuns, OutputThatFillsThePipeIsReadToItsEnd) {
  CommandStart start = shell("head -c 20000000 /dev/zero; head -c 3000000 /dev/zero >&2");
  start.digests_output = true;
  EXPECT_EQ(run_command(start).output_bytes, 20'000'000U);
}

TEST_F(CommandRuns, ReadTheFileTheyAreGiven) {
  const TemporaryFolder folder;
  const std::string file = folder.path() / "input";
  std::ofstream(file) << "given";
  CommandStart start = shell("cat; pwd; echo $COLOUR");
  start.input = file;
  start.folder = folder.path();
  start.variables["COLOUR"] = "green";
  start.digests_output = true;
  OutputDigest expected;
  expected.add("given" + std::filesystem::canonical(folder.path()).string() + "\ngreen\n");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run_command(start).output_digest, expected.text());
  start.input = folder.path() / "none";
  EXPECT_THAT([&] { run_command(start); }, ThrowsMessage<CommandFailed>(HasSubstr("cannot open")));
}

TEST_F(CommandRuns, ThatLeaveProcessesBehindFail) {
  EXPECT_THAT([] { run_command(shell("setsid sleep 100 &")); },
              ThrowsMessage<CommandFailed>(HasSubstr("left a process behind when it ended: ")));
  EXPECT_THAT(end_children(std::chrono::milliseconds(0)), IsEmpty());
}

TEST_F(CommandRuns, ThatDoNotEndAreKilledWithAllTheyStarted) {
  CommandStart start = shell("sleep 100 | sleep 101");
  start.timeout = std::chrono::milliseconds(200);
  EXPECT_THAT([&] { run_command(start); },
              ThrowsMessage<CommandFailed>(HasSubstr("did not end within 0.2 s (--timeout)")));
  EXPECT_THAT(end_children(std::chrono::milliseconds(0)), IsEmpty());
}

TEST_F(CommandRuns, SayWhatKilledTheProgram) {
  EXPECT_EQ(run_command(shell("kill -SEGV $$")).status.describe(), "killed by SIGSEGV");
}

TEST_F(CommandRuns, KnowBeforehandWhatCannotBeStarted) {
  CommandStart start;
  start.words = {"no-such-program-as-this"};
  EXPECT_THAT(why_not_startable(start), HasSubstr("no program 'no-such-program-as-this' on PATH"));
  start.words = {"/nowhere/prog"};
  EXPECT_THAT(why_not_startable(start), HasSubstr("no program /nowhere/prog: No such file"));
  start.words = {"/etc"};
  EXPECT_THAT(why_not_startable(start), HasSubstr("/etc cannot be run"));
  start.words = {"/etc/passwd"};
  EXPECT_THAT(why_not_startable(start), HasSubstr("no executable file"));
  start.words = {"./sh"};
  start.folder = "/bin";
  EXPECT_EQ(why_not_startable(start), "");
}

}  // namespace
}  // namespace parlab
