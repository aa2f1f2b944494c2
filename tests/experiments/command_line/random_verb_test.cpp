// parlab random: bytes for programs that test random numbers, and how it ends.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "kernels/numerics/random_stream.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

std::uint32_t word_at(const std::string& bytes, std::size_t place) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i)
    word |= std::uint32_t{static_cast<unsigned char>(bytes[4 * place + i])} << 8 * i;
  return word;
}

TEST(RandomVerb, WritesWordsWithTheirLowerBytesFirst) {
  const Ended ended = run_parlab({"random", "--seed", "20111115", "--bytes", "40000"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  ASSERT_EQ(ended.out.size(), 40'000u);
  EXPECT_EQ(word_at(ended.out, 9'999), 1955073260u) << "as std::philox4x32 of C++26";
  EXPECT_EQ(ended.err, "");
}

TEST(RandomVerb, WritesTheStreamOfEachGeneratorBeyondOneBuffer) {
  constexpr std::size_t count = 50'000;  // words, three buffers
  for (const std::string& generator : random_streams()) {
    std::vector<std::uint32_t> words(count);
    random_stream(generator, 7)->next(words);
    const Ended ended = run_parlab(
        {"random", "--generator", generator, "--seed", "7", "--bytes", std::to_string(4 * count)});
    ASSERT_EQ(ended.out.size(), 4 * count) << generator;
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(word_at(ended.out, i), words[i]) << generator << " at " << i;
  }
}

TEST(RandomVerb, CutsTheLastWordWhereBytesSaySo) {
  EXPECT_EQ(run_parlab({"random", "--bytes", "0"}).out, "");
  const std::string whole = run_parlab({"random", "--bytes", "8"}).out;
  EXPECT_EQ(run_parlab({"random", "--bytes", "5"}).out, whole.substr(0, 5));
}

/// Ends of parlab whose stdout is `out`: its exit code and what it says.
Ended with_stdout(int out) {
  const TemporaryFolder folder;
  const std::string err = folder.path() / "err";
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(out, STDOUT_FILENO);
    dup2(open(err.c_str(), O_CREAT | O_WRONLY, 0600), STDERR_FILENO);
    alarm(60);
    execl(program_path().c_str(), "parlab", "random", nullptr);
    _exit(127);
  }
  close(out);
  int status = 0;
  waitpid(pid, &status, 0);
  std::string text;
  std::ifstream stream(err);
  std::getline(stream, text, '\0');
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), "", text};
}

TEST(RandomVerb, EndsQuietlyWhenItsReaderDoes) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t reader = fork();
  if (reader == 0) {
    close(ends[1]);
    std::array<char, 100'000> some{};
    _exit(read(ends[0], some.data(), some.size()) > 0 ? 0 : 1);
  }
  close(ends[0]);
  const Ended ended = with_stdout(ends[1]);
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  waitpid(reader, nullptr, 0);
}

TEST(RandomVerb, FailsOnAFullDisk) {
  const Ended ended = with_stdout(open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::StartsWith("parlab: cannot write to stdout: No space left"));
}

}  // namespace
}  // namespace parlab
