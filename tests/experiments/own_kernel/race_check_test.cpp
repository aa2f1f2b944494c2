// Data races in kernels, as `parlab run own --check` finds them.

#include <gmock/gmock.h>

#include "tests/experiments/own_kernel/own_files.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class OwnRaceCheck : public OwnFiles {
 protected:
  Ended check(const std::string& text, const Words& more = {}) const {
    Words words = {"run", "own", "--kernel", file(text), "--check"};
    words.insert(words.end(), more.begin(), more.end());
    Ended ended = run_parlab(words, folder_.path());
    EXPECT_EQ(half_made(), 0) << "what was compiled for it is gone";
    EXPECT_EQ(folder_.files(), Words{"mine.hpp"});
    return ended;
  }
  void expect_none(const std::string& text, const Words& more = {}) const {
    const Ended ended = check(text, more);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("\nno data race between two threads\n"));
  }
  void expect_race(const std::string& text, const std::string& kernel) const {
    const Ended ended = check(text);
    EXPECT_EQ(ended.code, 1) << ended.out;
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, StartsWith("parlab: own: " + kernel + " in mine.hpp races with itself"));
    EXPECT_THAT(ended.err, HasSubstr("in line "));
    EXPECT_EQ(ended.err.find('\n'), ended.err.size() - 1) << "one line";
  }
};

TEST_F(OwnRaceCheck, FindsNoneWhereEachChunkHasItsOwn) {
  expect_none(
      "constexpr std::uint64_t size = 1000;\n"
      "std::uint64_t kernel(std::uint64_t i) { return i * i; }\n");
  expect_none(
      "const auto size = parlab::parameter(\"size\", 1000ull);\n"
      "parlab::array<float> x(size, 1), z(size);\n"
      "void kernel(std::uint64_t begin, std::uint64_t end) {\n"
      "  for (std::uint64_t i = begin; i < end; ++i) z[i] = 2 * x[i];\n"
      "}\n",
      {"--size", "3"});
  expect_none(
      "#include <atomic>\n"
      "constexpr std::uint64_t size = 1000;\n"
      "std::atomic<std::uint64_t> seen;\n"
      "std::uint64_t kernel(std::uint64_t i) { return ++seen, i; }\n");
}

TEST_F(OwnRaceCheck, NamesTheKernelAndTheLine) {
  expect_race(
      "constexpr std::uint64_t size = 10000;\n"
      "std::uint64_t total = 0;\n"
      "std::uint64_t kernel(std::uint64_t i) { return total += i; }\n",
      "kernel");
  expect_race(
      "constexpr std::uint64_t size = 10000;\n"
      "parlab::array<std::uint64_t> bins(4);\n"
      "std::uint64_t kernel_plain(std::uint64_t i) { return i; }\n"
      "std::uint64_t kernel_shared(std::uint64_t i) { return ++bins[i % 4], i; }\n",
      "kernel_shared");
}

TEST_F(OwnRaceCheck, CutsGridsByRowsAndAsksSearches) {
  expect_none(
      "constexpr std::uint64_t rows = 100, columns = 10;\n"
      "parlab::grid<double> u(rows, columns), v(rows, columns, [](auto i, auto j) { return i + j; "
      "});\n"
      "void kernel(std::uint64_t i, std::uint64_t j) { u[i][j] = v[i][j] + (i > 0 ? v[i - 1][j] : "
      "0); }\n");
  expect_race(
      "constexpr std::uint64_t rows = 100, columns = 10;\n"
      "parlab::grid<double> u(rows, columns);\n"
      "void kernel(std::uint64_t i, std::uint64_t j) { u[i][j] = i > 0 ? u[i - 1][j] + 1 : 0; }\n",
      "kernel");
  expect_none(
      "constexpr std::uint64_t size = 100000;\n"
      "std::uint64_t kernel(std::uint64_t i) { return i; }\n"
      "template <class Stop>\n"
      "std::uint64_t find(std::uint64_t begin, std::uint64_t end, Stop stop) {\n"
      "  for (; begin < end && !stop(); ++begin)\n"
      "    if (begin * begin % 10007 == 9) return begin;\n"
      "  return end;\n"
      "}\n");
}

TEST_F(OwnRaceCheck, SaysWhereTheCompilerCannotLook) {
  const std::filesystem::path plain = folder_.path() / "../plain-compiler.sh";
  std::ofstream(plain)
      << "#!/bin/sh\ncase \"$*\" in *-fsanitize*) exit 1;; esac\nexec g++ \"$@\"\n";
  std::filesystem::permissions(plain, std::filesystem::perms::owner_all);
  set("CXX", plain);
  const Ended ended = check(
      "constexpr std::uint64_t size = 10;\n"
      "std::uint64_t kernel(std::uint64_t i) { return i; }\n");
  std::filesystem::remove(plain);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("data races were not looked for"));
}

}  // namespace
}  // namespace parlab
