// own, kernels that write to arrays: what they write is checked on every backend, and what cannot
// be split is named.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kernels/backends/backend_registry.hpp"
#include "tests/experiments/own_kernel/own_files.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

constexpr char saxpy[] = R"(const auto size = parlab::parameter("size", 1000);
parlab::array<double> x(size, [](auto i) { return 1.0 / (i + 1); });
parlab::array<double> y(size, 2), z(size);
void kernel(std::uint64_t begin, std::uint64_t end) {
  for (auto i = begin; i < end; ++i) z[i] = 3 * x[i] + y[i];
}
)";
const Words parallel_arms = {"--backend", "threads,processes", "--workers", "2", "--chunks", "5"};

class OwnArrays : public OwnFiles {
 protected:
  /// Every arm is named as failed, with the words, and exit code 1; nothing was timed.
  void expect_all_failed(const std::string& text, const testing::Matcher<std::string>& said) const {
    const Ended ended = run(text, parallel_arms);
    EXPECT_EQ(ended.code, 1) << text << ended.err;
    EXPECT_THAT(ended.err, said) << text;
    for (const json& arm : result()) {
      EXPECT_FALSE(arm["ok"]) << arm["label"] << text;
      EXPECT_THAT(arm["failure"]["cause"].get<std::string>(), said);
      EXPECT_TRUE(arm["seconds"].empty());
    }
  }
};

TEST_F(OwnArrays, AreWrittenAlikeOnEveryBackendAndSchedule) {
  const Ended ended = run(saxpy, {"--backend", "all", "--workers", "1,3", "--chunks", "7"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::set<std::string> seen, answers;
  for (const json& arm : result()) {
    seen.insert(arm["backend"]);
    answers.insert(arm["answer"]);
  }
  for (const BackendEntry& backend : backends())
    EXPECT_EQ(seen.count(backend.name), backend.by_name_only ? 0 : 1);
  EXPECT_EQ(answers.size(), 1);
  EXPECT_THAT(*answers.begin(), HasSubstr("checksum"));
}

TEST_F(OwnArrays, OfEveryFormAreChecked) {
  const std::string forms[] = {
      "constexpr int size = 99; parlab::array<std::uint8_t> z(size);\n"
      "void kernel(std::uint64_t i) { z[i] = i % 7; }",
      "constexpr int size = 99; struct Two { float a; int b; }; parlab::array<Two> z(size);\n"
      "auto kernel = [](auto begin, auto end) { for (; begin < end; ++begin) z[begin] = {1.5f, 2}; "
      "};",
      "constexpr int rows = 9, columns = 11; parlab::grid<float> u(rows, columns);\n"
      "void kernel(std::uint64_t i, std::uint64_t j) { u[i][j] = i * 100 + j; }",
      "constexpr int size = 99; parlab::array<double> z(size);\n"
      "void expected() { for (int i = 0; i < 99; ++i) z[i] = 3 * i; }\n"
      "void kernel(std::uint64_t i) { z[i] = i + 2.0 * i; }"};
  for (const std::string& form : forms) {
    const Ended ended = run(form, parallel_arms);
    EXPECT_EQ(ended.code, 0) << form << ended.err;
    EXPECT_THAT(ended.err, Not(HasSubstr("warning"))) << form;
  }
}

TEST_F(OwnArrays, ThatDifferFromExpectedAreNamedWithTheirPlace) {
  const std::string text =
      "constexpr int size = 100; parlab::array<double> w(size), z(size);\n"
      "void expected() { for (int i = 0; i < 100; ++i) z[i] = i == 41 ? 40.5 : i; }\n"
      "void kernel(std::uint64_t i) { z[i] = i; }";
  expect_all_failed(text, HasSubstr("z[41] is 41 instead of 40.5"));
  Words arms = parallel_arms;
  arms.insert(arms.end(), {"--tolerance", "0.02"});
  EXPECT_EQ(run(text, arms).code, 0);
  arms.back() = "0,0.5";
  EXPECT_EQ(run(text, arms).code, 0);
  arms.back() = "1e-3,0.1";
  EXPECT_EQ(run(text, arms).code, 1);
  std::filesystem::remove(folder_.path() / "own.json");
  for (const char* bad : {"x", "1", "-1", "1e-9,", "1e-9,-1", "0,0,0", "nan"})
    EXPECT_THAT(refused(text, {"--backend", "serial", "--tolerance", bad}),
                HasSubstr("--tolerance"))
        << bad;
}

TEST_F(OwnArrays, MayBeVectorsButNotWhereWorkersAreProcesses) {
  const std::string text =
      "constexpr int size = 1000; static std::vector<double> x(size, 2), other(3), z(size);\n"
      "void kernel(std::uint64_t i) { z[i] = 3 * x[i]; }";
  EXPECT_EQ(run(text, parallel_arms).code, 1);
  for (const json& arm : result()) {
    EXPECT_EQ(arm["ok"], arm["backend"] != "processes") << arm["label"];
    if (arm["backend"] == "processes") {
      EXPECT_THAT(arm["failure"]["cause"].get<std::string>(),
                  AllOf(HasSubstr("writes to z, which processes do not share"),
                        HasSubstr("parlab::array<double> z(size);")));
    }
  }
  // One that is only read is as good as any.
  EXPECT_EQ(run("constexpr int size = 1000; std::vector<double> x(size, 2);\n"
                "parlab::array<double> z(size);\n"
                "void kernel(std::uint64_t i) { z[i] = 3 * x[i]; }",
                parallel_arms)
                .code,
            0);
}

TEST_F(OwnArrays, ThatARunChangesArePreparedBeforeEach) {
  const std::string in_place =
      "constexpr int size = 1000; parlab::array<int> z(size, 1);\n"
      "void kernel(std::uint64_t i) { z[i] *= 2; }\n";
  expect_all_failed(in_place, AllOf(HasSubstr("run a second time: z[0] is 4 instead of 2"),
                                    HasSubstr("prepare()")));
  const Ended ended =
      run(in_place + "void prepare() { for (int& element : z) element = 1; }", parallel_arms);
  EXPECT_EQ(ended.code, 0) << ended.err;
  // Made again elsewhere by each preparation.
  const Ended moved =
      run("constexpr int size = 1000; std::vector<int> z;\n"
          "void prepare_once() { z.assign(10, 3); }\n"
          "void prepare() { z = std::vector<int>(size, 1); }\n"
          "void kernel(std::uint64_t i) { z[i] *= 2; }\n",
          {"--backend", "threads", "--workers", "2"});
  EXPECT_EQ(moved.code, 0) << moved.err;
}

TEST_F(OwnArrays, ArePreparedOutsideTheTime) {
  const Ended ended =
      run("#include <thread>\nconstexpr int size = 10; parlab::array<int> z(size);\n"
          "void prepare() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }\n"
          "void kernel(std::uint64_t i) { z[i] = i; }\n");
  ASSERT_EQ(ended.code, 0) << ended.err;
  for (const json& arm : result())
    for (const double seconds : arm["seconds"]) EXPECT_LT(seconds, 0.005);
}

TEST_F(OwnArrays, WrittenOutsideAPartOrInAnotherOrderAreFound) {
  const std::string head = "constexpr int size = 700; parlab::array<double> z(size + 1);\n";
  // The last index of a part writes where the next begins: what stays, the order decides.
  expect_all_failed(head +
                        "void kernel(std::uint64_t begin, std::uint64_t end) {\n"
                        "  for (; begin <= end; ++begin) z[begin] = begin + 1e-3 * end; }",
                    AnyOf(HasSubstr("instead of"), HasSubstr("written by two parts")));
  // Each reads what the one before has written.
  expect_all_failed(head + "void kernel(std::uint64_t i) { z[i] = (i == 0 ? 1 : z[i - 1]) + 1; }",
                    AnyOf(HasSubstr("depends on their order"), HasSubstr("instead of")));
  // A histogram in one array: the same in every order, but workers race for its bins.
  expect_all_failed(head +
                        "void prepare() { for (double& bin : z) bin = 0; }\n"
                        "void kernel(std::uint64_t i) { z[i % 10] += 1; }",
                    HasSubstr("z[0] is written by two parts of the range, so workers race for it"));
  // Atomics make that right.
  const Ended ended =
      run("#include <atomic>\nconstexpr int size = 700;\n"
          "parlab::array<std::uint64_t> z(10);\n"
          "void prepare() { for (auto& bin : z) bin = 0; }\n"
          "void kernel(std::uint64_t i) { std::atomic_ref(z[i % 10]).fetch_add(1); }",
          parallel_arms);
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST_F(OwnArrays, ThatAreOnlyRoundedOtherwiseNameTheTolerance) {
  expect_all_failed(
      "constexpr int size = 100; parlab::array<double> z(size);\n"
      "void expected() { for (int i = 0; i < 100; ++i) z[i] = i + 1; }\n"
      "void kernel(std::uint64_t i) { z[i] = i + 1 + 1e-9; }",
      AllOf(HasSubstr("and 99 more differ"), HasSubstr("--tolerance allows that")));
}

TEST_F(OwnArrays, ThatHoldNaNAreNotCompared) {
  expect_all_failed(
      "constexpr int size = 100; parlab::array<float> z(size);\n"
      "void kernel(std::uint64_t i) { z[i] = std::sqrt(50.0f - i); }",
      HasSubstr("z[51] is nan, which cannot be compared"));
}

TEST_F(OwnArrays, ThatDoNotFitAreRefused) {
  EXPECT_THAT(
      refused("constexpr std::uint64_t size = 10; parlab::array<double> z(~0ull / 2);\n"
              "void kernel(std::uint64_t i) { z[i] = i; }"),
      HasSubstr("there is no memory for an array of 9223372036854775807 elements (line 1)"));
}

TEST_F(OwnArrays, CountForGigabytesPerSecond) {
  const Ended ended = run(std::string(saxpy) + "constexpr double bytes = 24, flops = 2;",
                          {"--backend", "serial", "--size", "1e5"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("GB/s"), HasSubstr("GFLOP/s")));
  for (const json& arm : result()) {
    std::vector<double> seconds = arm["seconds"];
    const double median = (seconds[0] + seconds[1]) / 2;
    EXPECT_NEAR(arm["bytes_per_second"].get<double>() * median, 24e5, 1);
    EXPECT_NEAR(arm["flops_per_second"].get<double>() * median, 2e5, 1);
  }
  ASSERT_EQ(run(saxpy).code, 0);
  for (const json& arm : result()) EXPECT_TRUE(arm["bytes_per_second"].is_null());
}

}  // namespace
}  // namespace parlab
