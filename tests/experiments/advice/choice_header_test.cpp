// The header that is advised, as its user has it: compiled alone, with all warnings, and run.

#include "experiments/advice/choice_header.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "experiments/advice/candidates.hpp"
#include "kernels/posix/process/program.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

/// Fails, with a line, where the header computes anything else than a plain loop.
constexpr char program[] = R"(
#include "parlab_choice.hpp"
#include "parlab_choice.hpp"
#include <cstdio>
#include <vector>

struct Text {  // joined in another order it is another number
  std::uint64_t value = 0;
};

int main() {
  for (std::uint64_t n : {0ull, 1ull, 2ull, 7ull, parlab_choice::serial_below - 1ull,
                          parlab_choice::serial_below + 0ull, 100003ull}) {
    std::vector<int> touched(n, 0);
    parlab_choice::for_parts(0, n, [&](std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t i = begin; i < end; ++i) ++touched[i];
    });
    for (std::uint64_t i = 0; i < n; ++i)
      if (touched[i] != 1) return std::printf("for_parts: %d times\n", touched[i]), 1;
    std::uint64_t parts = 0, last = 5;
    const auto join = [&](Text a, Text b) { ++parts; return Text{a.value * 31 + b.value}; };
    const auto ends = [](std::uint64_t, std::uint64_t end) { return Text{end}; };
    Text seen = parlab_choice::reduce_parts(5, 5 + n, Text{1}, ends, join);
    // Again, by the number of parts: their ends grow.
    Text right{1};
    const std::uint64_t grain = parts == 0 ? 1 : (n - 1) / (n < parlab_choice::serial_below
        ? 1 : parlab_choice::workers * parlab_choice::chunks_per_worker) + 1;
    for (std::uint64_t part = 0; part < parts; ++part) {
      last = last + grain < 5 + n ? last + grain : 5 + n;
      right.value = right.value * 31 + last;
    }
    if (seen.value != right.value || (n > 0 && last != 5 + n))
      return std::printf("reduce_parts: another order for n = %llu\n", (unsigned long long)n), 1;
  }
  parlab_choice::for_parts(7, 3, [](std::uint64_t, std::uint64_t) { std::puts("an empty range"); });
  std::puts("right");
}
)";

Advice advice_on(const BackendSpec& executor) {
  Advice advice;
  advice.workload = {.kernel = "loop", .size = 100'003, .unit = "indices"};
  advice.choice = {advice.workload, executor,
                   grain_for(advice.workload.size, executor.workers, 16)};
  advice.label = executor.label();
  advice.pays_from = 1000;
  return advice;
}

/// What the header's own comment says, in words of a command.
std::vector<std::string> flags_for(const std::string& backend) {
  if (backend == "openmp") return {"-fopenmp"};
  if (backend == "threads") return {"-pthread"};
  if (backend == "serial") return {};
  return {"-ltbb"};
}

class ChoiceHeader : public testing::TestWithParam<const char*> {};

TEST_P(ChoiceHeader, CompilesAloneAndRunsLoopsRightly) {
  const BackendSpec executor =
      parse_backend(GetParam(), std::string(GetParam()) == "serial" ? 1 : 2);
  const TemporaryFolder folder;
  const std::string header = choice_header(advice_on(executor), "Measured here.");
  std::ofstream(folder.path() / "parlab_choice.hpp") << header;
  std::ofstream(folder.path() / "main.cpp") << program;
  const auto flags = flags_for(executor.backend);
  for (const std::string& flag : flags) EXPECT_THAT(header, testing::HasSubstr(flag));
  const std::string built = folder.path() / "main";
  std::vector<std::string> words = {
      "c++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", folder.path() / "main.cpp",
      "-o",  built};
  words.insert(words.end(), flags.begin(), flags.end());
  const ProgramOutput compiled = output_of({.words = words}, 10'000);
  ASSERT_TRUE(compiled.status.success()) << compiled.text;
  EXPECT_EQ(compiled.text, "");
  const ProgramOutput ran = output_of({.words = {built}}, 10'000);
  EXPECT_TRUE(ran.status.success());
  EXPECT_THAT(ran.text, testing::EndsWith("right\n"));
}

INSTANTIATE_TEST_SUITE_P(Backends, ChoiceHeader,
                         testing::Values("openmp:static", "openmp:dynamic", "openmp:guided",
                                         "openmp:tasks", "tbb:auto", "tbb:simple", "tbb:static",
                                         "tbb:affinity", "stdpar", "threads:static",
                                         "threads:dynamic", "serial"),
                         [](const auto& test) {
                           std::string name = test.param;
                           for (char& c : name) c = c == ':' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace parlab
