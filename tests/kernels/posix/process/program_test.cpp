#include "kernels/posix/process/program.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/sockets.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;

std::string said(Program program) { return output_of(std::move(program), 1000).text; }

TEST(Program, GetsItsWordsAsTheyAre) {
  EXPECT_EQ(said({{"printf", "%s|%s|", "a b", "$HOME'\""}}), "a b|$HOME'\"|");
}

TEST(Program, TellsHowItEndedAndBothOfItsStreams) {
  const ProgramOutput output = output_of({{"sh", "-c", "echo out; echo err >&2; exit 3"}}, 1000);
  EXPECT_EQ(output.status.code, 3);
  EXPECT_THAT(output.text, HasSubstr("out\n"));
  EXPECT_THAT(output.text, HasSubstr("err\n"));
}

TEST(Program, OutputIsCutAtItsBeginning) {
  EXPECT_EQ(output_of({{"sh", "-c", "seq 1 20000; printf end"}}, 10).text, "\n20000\nend");
}

TEST(Program, ThatIsKilledGivesNoAnswer) {
  const auto answer = [](const char* script, Deadline deadline = {}) {
    return answer_of({.words = {"sh", "-c", script}, .group = ProcessGroup::own}, 1000, deadline);
  };
  EXPECT_EQ(answer("echo yes; exit 3"), "yes\n");
  EXPECT_THAT([&] { answer("echo half; kill -KILL $$"); },
              testing::ThrowsMessage<std::runtime_error>(HasSubstr("killed by SIGKILL")));
  EXPECT_THAT([&] { answer("sleep 600", std::chrono::milliseconds(10)); },
              testing::ThrowsMessage<std::runtime_error>(HasSubstr("no answer in time")));
}

TEST(Program, ThatIsNotThereEndsAsAShellTells) {
  EXPECT_EQ(start_program({{"/no/such/program"}}).wait().code, no_such_program);
  EXPECT_EQ(start_program({{"parlab-no-such-program"}}).wait().code, no_such_program);
}

TEST(Program, SeesVariablesSetAndUnsetAndTheOthersAsTheyWere) {
  // NOLINTBEGIN(concurrency-mt-unsafe): tests have one thread
  setenv("PARLAB_TEST_KEPT", "kept", 1);
  setenv("PARLAB_TEST_GONE", "gone", 1);
  setenv("PARLAB_TEST_OTHER", "before", 1);
  EXPECT_EQ(
      said({.words = {"sh", "-c",
                      "echo $PARLAB_TEST_KEPT ${PARLAB_TEST_GONE-unset} $PARLAB_TEST_OTHER"},
            .variables = {{"PARLAB_TEST_GONE", std::nullopt}, {"PARLAB_TEST_OTHER", "after=1"}}}),
      "kept unset after=1\n");
  EXPECT_STREQ(getenv("PARLAB_TEST_OTHER"), "before");
  // NOLINTEND(concurrency-mt-unsafe)
}

TEST(Program, PreparesInTheChildAlone) {
  EXPECT_EQ(said({.words = {"pwd"}, .prepare = [] { EXPECT_EQ(chdir("/proc"), 0); }}), "/proc\n");
}

TEST(Program, InheritsNoDescriptorButItsStreams) {
  const FileDescriptor zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const std::string descriptors = said({{"ls", "-l", "/proc/self/fd"}});
  EXPECT_THAT(descriptors, HasSubstr(" 1 -> pipe:"));
  EXPECT_THAT(descriptors, testing::Not(HasSubstr("/dev/zero")));
}

/// A program's descriptors take the numbers of streams that its caller has closed.
TEST(Program, GetsItsStreamsWhereTheCallerHasClosedItsOwn) {
  ChildProcess caller = ChildProcess::fork([] {
    for (const int stream : {0, 1, 2}) close(stream);
    const SocketPair first = make_socket_pair(SOCK_STREAM, "make a socket");   // 0 and 1
    const SocketPair second = make_socket_pair(SOCK_STREAM, "make a socket");  // 2 and 3
    ChildProcess shell =
        start_program({.words = {"sh", "-c", "read -r word; echo out $word; echo err $word >&2"},
                       .streams = {first.there.get(), first.there.get(), second.here.get()}});
    std::array<char, 16> text{};
    if (write(first.here.get(), "abc\n", 4) != 4) _exit(2);
    if (read(first.here.get(), text.data(), text.size()) != 8) _exit(3);
    if (std::string_view(text.data(), 8) != "out abc\n") _exit(4);
    if (read(second.there.get(), text.data(), text.size()) != 8) _exit(5);
    if (std::string_view(text.data(), 8) != "err abc\n") _exit(6);
    if (!shell.wait().success()) _exit(7);
    _exit(0);
  });
  EXPECT_EQ(caller.wait().code, 0);
}

TEST(FindProgram, LooksOnPathAlone) {
  EXPECT_THAT(find_program("sh"), testing::EndsWith("/sh"));
  EXPECT_EQ(find_program("parlab-no-such-program"), "");
}

/// Whether the process is there and no zombie.
bool runs(pid_t pid) {
  const std::string file = "/proc/" + std::to_string(pid) + "/status";
  return said({{"grep", "-c", "^State:[[:space:]]*[^ZX[:space:]]", file}}) == "1\n";
}

bool ends_soon(pid_t pid) {
  for (int i = 0; i < 500 && runs(pid); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return !runs(pid);
}

/// A shell that starts a process and then does `then`; reads the process's number.
ChildProcess shell_with_a_child(const char* then, pid_t& other, ProcessGroup group) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor here(ends[0]), there(ends[1]);
  ChildProcess shell =
      start_program({.words = {"sh", "-c", std::string("sleep 60 >/dev/null & echo $!; ") + then},
                     .streams = {-1, there.get(), -1},
                     .group = group});
  std::array<char, 32> text{};
  EXPECT_GT(read(here.get(), text.data(), text.size() - 1), 0);
  other = std::atoi(text.data());
  return shell;
}

TEST(ProcessGroup, EndsWithItsLeadersHandle) {
  pid_t other = 0;
  {
    const ChildProcess shell = shell_with_a_child("wait", other, ProcessGroup::own);
    EXPECT_TRUE(runs(other));
    EXPECT_EQ(getpgid(other), shell.pid());
  }
  EXPECT_TRUE(ends_soon(other));
}

TEST(ProcessGroup, EndsWhenItsLeaderHasEndedByItself) {
  pid_t other = 0;
  ChildProcess shell = shell_with_a_child("exit 5", other, ProcessGroup::own);
  EXPECT_EQ(shell.wait().code, 5);
  EXPECT_TRUE(ends_soon(other));
}

TEST(ProcessGroup, EndsWhereAnotherReapsItsLeader) {
  pid_t other = 0;
  ChildProcess shell = shell_with_a_child("exit 5", other, ProcessGroup::own);
  int status = 0;
  EXPECT_EQ(waitpid(shell.pid(), &status, 0), shell.pid());
  EXPECT_FALSE(shell.wait().known());
  EXPECT_TRUE(ends_soon(other));
}

TEST(ProcessGroup, OfTheParentIsLeftAlone) {
  pid_t other = 0;
  { const ChildProcess shell = shell_with_a_child("wait", other, ProcessGroup::inherited); }
  EXPECT_TRUE(runs(other));
  EXPECT_EQ(getpgid(other), getpgrp());
  kill(other, SIGKILL);
}

TEST(ProcessGroup, GetsASignalAsAWhole) {
  pid_t other = 0;
  ChildProcess shell = shell_with_a_child("wait", other, ProcessGroup::own);
  shell.signal_group(SIGTERM);
  EXPECT_EQ(shell.wait().signal, SIGTERM);
  EXPECT_TRUE(ends_soon(other));
}

}  // namespace
}  // namespace parlab
