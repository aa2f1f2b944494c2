// What users see of a run with --checkpoint: its progress, its status, what Ctrl-C leaves, and what is
// refused.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/experiments/command_line/long_runs/long_runs.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

/// Takes minutes: it is ended before.
const Words endless = {"primes", "--to", "1e14", "--algorithm", "sieve"};

class LongRunVerbs : public testing::Test {
 protected:
  Ended run(const Words& words) const {
    return run_parlab(words, folder_.path(), folder_.around());
  }
  std::string content(const std::string& file) const {
    std::ifstream stream(folder_.path() / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  void wait_for_progress(const std::string& file) const {
    ASSERT_TRUE(becomes_true([&] {
      const json status = folder_.status(file);
      return status != nullptr && status.at("done") > 0;
    }));
  }
  LongRunFolder folder_;
};

TEST_F(LongRunVerbs, TellTheAnswerAndTellItAgainWithoutWork) {
  const Words words = run_words({"primes", "--to", "1e8", "--algorithm", "sieve"}, "openmp", "c");
  for (int repeat = 0; repeat < 2; ++repeat) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, AllOf(HasSubstr("5761455"), HasSubstr("c is complete")));
  }
  const json status = folder_.status("c");
  EXPECT_EQ(status.at("state"), "complete");
  EXPECT_EQ(status.at("runs"), 1);
  EXPECT_EQ(status.at("answer"), 5761455);
  EXPECT_THAT(run({"status", "c"}).out, AllOf(HasSubstr("100.0 % done"), HasSubstr("5761455")));
}

TEST_F(LongRunVerbs, GoOnWithAnotherBackendAndOtherWorkers) {
  const json right = serial_answer(long_run_cases[7]);
  Words words = run_words(long_run_cases[7].words, "openmp", "c");
  {
    ParlabProgram program(words, folder_.path(), folder_.around());
    wait_for_progress("c");
    program.signal(SIGKILL);
    program.wait();
  }
  words = run_words(long_run_cases[7].words, "serial", "c");
  words.insert(words.end(), {"--json", "-"});
  const Ended ended = run(words);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out).at("answer"), right);
}

TEST_F(LongRunVerbs, TellTheProgressBySignalAndKeepWhatIsDoneOnCtrlC) {
  for (const char* backend : {"openmp", "processes"}) {
    const Words words = run_words(endless, backend, backend);
    std::uint64_t done = 0;
    for (int repeat = 0; repeat < 2; ++repeat) {
      ParlabProgram program(words, folder_.path(), folder_.around());
      ASSERT_TRUE(becomes_true([&] {
        const json status = folder_.status(backend);
        return status != nullptr && status.at("done") > done;
      }));
      const json running = folder_.status(backend);
      EXPECT_EQ(running.at("state"), "running");
      EXPECT_EQ(running.at("process"), program.pid());
      EXPECT_THAT(run({"status", backend}).out, HasSubstr("left"));
      program.signal(SIGUSR1);
      program.signal(SIGINT);
      const Ended ended = program.wait();
      EXPECT_EQ(ended.code, 128 + SIGINT);
      EXPECT_THAT(ended.err, AllOf(HasSubstr("% done"), HasSubstr(" left"), HasSubstr("numbers/s"),
                                   HasSubstr("the same command goes on")));
      EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); }));
      const json stopped = folder_.status(backend);
      EXPECT_EQ(stopped.at("state"), "stopped");
      EXPECT_EQ(stopped.at("process"), nullptr);
      EXPECT_GT(stopped.at("done"), done);
      EXPECT_EQ(stopped.at("runs"), repeat + 1);
      done = stopped.at("done");
    }
  }
}

TEST_F(LongRunVerbs, PrintProgressAsLinesWhereAskedTo) {
  Words words = run_words(endless, "openmp", "c");
  words.emplace_back("--progress");
  Surroundings around = folder_.around();
  around.err = folder_.path() / "err";
  std::ofstream file(around.err);
  ParlabProgram program(words, folder_.path(), around);
  const auto is_told = [&] {
    return testing::Matches(
        testing::ContainsRegex("progress: primes: [0-9.]+ % done, .*/s, .* left"))(content("err"));
  };
  EXPECT_TRUE(becomes_true(is_told)) << content("err");
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait().code, 128 + SIGTERM);
}

TEST_F(LongRunVerbs, RefuseASecondWriter) {
  const Words words = run_words(endless, "openmp", "c");
  ParlabProgram program(words, folder_.path(), folder_.around());
  wait_for_progress("c");
  const Ended second = run(words);
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, HasSubstr(fmt::format("process {}", program.pid())));
  EXPECT_EQ(folder_.status("c").at("state"), "running");
}

TEST_F(LongRunVerbs, RefuseAnotherCommandAndLeaveTheFile) {
  const auto changed = [](Words words, const std::string& option, const std::string& value) {
    words.insert(words.end(), {option, value});
    return words;
  };
  const Words sieve = {"primes", "--to", "1e7", "--algorithm", "sieve"};
  const Words sum = {"own", "--kernel", "sum.hpp", "--grain", "200000"};
  ASSERT_EQ(run(run_words(sieve, "openmp", "c")).code, 0);
  ASSERT_EQ(run(run_words(sum, "openmp", "o")).code, 0);
  const std::string c = content("c"), o = content("o");
  const std::vector<std::tuple<Words, const char*, const char*>> others = {
      {{"primes", "--to", "2e7", "--algorithm", "sieve"}, "c", "10000000 there, 20000000 here"},
      {{"primes", "--from", "7", "--to", "10000007", "--algorithm", "sieve"}, "c", "from 0 there"},
      {{"primes", "--to", "1e7", "--algorithm", "trial"}, "c", "algorithm"},
      {changed(sieve, "--grain", "1e5"), "c", "grain"},
      {changed(sieve, "--chunks", "3"), "c", "grain"},
      {changed(sieve, "--order", "shuffled"), "c", "order"},
      {changed(sieve, "--seed", "2"), "c", "seed 1 there, 2 here"},
      {{"pi", "--darts", "1e7"}, "c", "algorithm"},
      {changed(sum, "--flags", "-DSOMETHING=1"), "o", "source, flags or compiler"},
  };
  for (const auto& [words, file, why] : others) {
    const Ended ended = run(run_words(words, "openmp", file));
    EXPECT_EQ(ended.code, 2) << why;
    EXPECT_THAT(ended.err, HasSubstr(why));
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
  std::ofstream(folder_.path() / "sum.hpp", std::ios::app) << "// changed\nint another = 1;\n";
  const Ended ended = run(run_words(sum, "openmp", "o"));
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("the kernel's source"));
  EXPECT_TRUE(content("c") == c);
  EXPECT_TRUE(content("o") == o);
}

TEST_F(LongRunVerbs, RefuseWhatCannotBeKeptWithTheReason) {
  const std::vector<std::pair<Words, const char*>> refused = {
      {{"pi"}, "name it, as in --backend"},
      {{"pi", "--backend", "openmp,tbb"}, "one backend"},
      {{"pi", "--backend", "openmp", "--darts", "1e6,1e7"}, "choose one size"},
      {{"pi", "--backend", "openmp", "--workers", "1,2"}, "one value"},
      {{"pi", "--backend", "openmp", "--grain", "1e6,1e7"}, "one value"},
      {{"pi", "--backend", "serial", "--variant", "mt19937_64"}, "one sequence"},
      {{"pi", "--backend", "openmp", "--rounds", "7"}, "leave out --rounds"},
      {{"pi", "--backend", "openmp", "--metric", "cpu"}, "leave out --metric"},
      {{"primes", "--backend", "processes", "--feed", "queue"}, "--feed"},
      {{"verify_prime", "--backend", "openmp", "--split", "contiguous"}, "--split dynamic"},
      {{"verify_prime", "--backend", "openmp", "--algorithm", "bpsw"}, "without divisors"},
      {{"verify_prime", "--backend", "openmp", "--flag", "cancel"}, "raw_value"},
      {{"stream", "--backend", "openmp", "--kernel", "copy", "--bytes", "1Mi"}, "memory"},
      {{"locking"}, "compares methods"},
      {{"diffusion", "--backend", "mpi", "--workers", "2"}, "mpi"},
      {{"pi", "--backend", "openmp", "--checkpoint-every", "0s"}, "out of range"},
  };
  for (const auto& [words, why] : refused) {
    Words all = {"run"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--checkpoint", "c"});
    const Ended ended = run(all);
    EXPECT_EQ(ended.code, 2) << ended.err << ended.out;
    EXPECT_THAT(ended.err, HasSubstr(why));
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "c")) << why;
  }
  EXPECT_THAT(run({"run", "pi", "--checkpoint-every", "1s"}).err, HasSubstr("add --checkpoint"));
  EXPECT_EQ(run({"compare", "pi", "--backend", "openmp,tbb", "--checkpoint", "c"}).code, 2);
}

TEST_F(LongRunVerbs, RefuseFilesThatCannotBeWritten) {
  for (const char* file : {"none/c", "/proc/c", "/sys/kernel/c", "cache/..", "/dev/null"}) {
    const Ended ended = run(run_words({"pi", "--darts", "1e6"}, "openmp", file));
    EXPECT_EQ(ended.code, 2) << file;
    EXPECT_THAT(ended.err, HasSubstr("checkpoint")) << file;
  }
}

TEST_F(LongRunVerbs, RefuseAFolderThatMayNotBeWritten) {
  Surroundings around = folder_.around();
  // Root without the right to write to any folder.
  if (geteuid() == 0) around.within = {"setpriv", "--bounding-set", "-dac_override"};
  std::filesystem::permissions(
      folder_.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const Ended ended =
      run_parlab(run_words({"pi", "--darts", "1e6"}, "openmp", "c"), folder_.path(), around);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("Permission denied"));
}

TEST_F(LongRunVerbs, FailWithoutAFileWhereTheKernelFailsAtOnce) {
  std::ofstream(folder_.path() / "bad.hpp")
      << "#include <stdexcept>\nconstexpr std::uint64_t size = 1000;\n"
         "int kernel(std::uint64_t i) { if (i == 0) throw std::runtime_error(\"index 0 says no\"); "
         "return 1; }\n";
  const Ended ended = run(run_words({"own", "--kernel", "bad.hpp"}, "openmp", "c"));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("index 0 says no"), HasSubstr("nothing was finished")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "c"));
}

TEST_F(LongRunVerbs, RefuseKernelsThatReturnAndWriteBoth) {
  std::ofstream(folder_.path() / "both.hpp")
      << "constexpr std::uint64_t size = 100'000;\nparlab::array<double> z(size);\n"
         "double kernel(std::uint64_t i) { return z[i] = static_cast<double>(i); }\n";
  const Ended ended = run(run_words({"own", "--kernel", "both.hpp"}, "openmp", "c"));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("writes to arrays too"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "c"));
}

TEST_F(LongRunVerbs, TellTheStatusOfNothingButACheckpoint) {
  for (const Words& words : {Words{"status"}, Words{"status", "none"}, Words{"status", "sum.hpp"},
                             Words{"status", "a", "b"}}) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

TEST_F(LongRunVerbs, AreCompletedAndExplained) {
  EXPECT_THAT(run({"run", "pi", "--help"}).out,
              AllOf(HasSubstr("--checkpoint FILE"), HasSubstr("--checkpoint-every")));
  EXPECT_THAT(run({"completion", "--words", "run", "pi", "--check"}).out,
              AllOf(HasSubstr("--checkpoint\t"), HasSubstr("--checkpoint-every\t")));
  EXPECT_THAT(run({"completion", "--words", "sta"}).out, HasSubstr("status\t"));
  EXPECT_THAT(run({"man", "run"}).out, HasSubstr("checkpoint"));
  EXPECT_THAT(run({"man", "status"}).out, HasSubstr("FILE"));
}

}  // namespace
}  // namespace parlab
