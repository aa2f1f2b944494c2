// own, kernels that return more than a number, search, or are several; and how a file is swept.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "kernels/backends/backend_registry.hpp"
#include "tests/experiments/own_kernel/own_files.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using Words = std::vector<std::string>;

const Words parallel_arms = {"--backend", "threads,processes", "--workers", "2", "--chunks", "5"};

class OwnPartials : public OwnFiles {
 protected:
  /// Answers of all arms on all backends and schedules: one, where they agree.
  std::set<json> answers_everywhere(const std::string& text) const {
    const Ended ended = run(text, {"--backend", "all", "--workers", "1,3", "--grain", "17"});
    EXPECT_EQ(ended.code, 0) << text << ended.err;
    std::set<json> answers;
    std::set<std::string> seen;
    for (const json& arm : result()) {
      answers.insert(arm["answer"]);
      seen.insert(arm["backend"]);
    }
    EXPECT_EQ(seen.size(), std::ranges::count(backends(), false, &BackendEntry::by_name_only));
    return answers;
  }
  std::set<std::string> labels() const {
    std::set<std::string> labels;
    for (const json& arm : result()) labels.insert(arm["label"]);
    return labels;
  }
};

TEST_F(OwnPartials, AreFoldedInOrderOnEveryBackend) {
  EXPECT_EQ(
      answers_everywhere("constexpr int size = 1000;\n"
                         "struct Bins { std::uint64_t counts[4];\n"
                         "  Bins& operator+=(const Bins& o) { for (int i = 0; i < 4; ++i)\n"
                         "    counts[i] += o.counts[i]; return *this; } };\n"
                         "Bins kernel(std::uint64_t begin, std::uint64_t end) { Bins bins{};\n"
                         "  for (; begin < end; ++begin) ++bins.counts[begin % 3];\n"
                         "  return bins; }"),
      std::set<json>{json({334, 333, 333, 0})});
  // The first of two equal minima: a wrong order would give the other.
  EXPECT_EQ(answers_everywhere("constexpr int size = 1000;\n"
                               "struct Minimum { double value; std::uint64_t place; };\n"
                               "Minimum join(Minimum a, Minimum b)\n"
                               "{ return b.value < a.value ? b : a; }\n"
                               "auto kernel = [](std::uint64_t i) {\n"
                               "  return Minimum{double((i + 400) % 500), i}; };"),
            std::set<json>{json({0.0, 100})});
  // Joined neither commutatively nor associatively, of sums that round.
  EXPECT_EQ(
      answers_everywhere("constexpr int size = 1000;\n"
                         "auto join(std::pair<double, float> a, std::pair<double, float> b)\n"
                         "{ return std::pair(a.first / 2 + b.first, a.second - b.second); }\n"
                         "std::pair<double, float> kernel(std::uint64_t begin, std::uint64_t)\n"
                         "{ return {1.0 / (begin + 1), begin}; }\n"
                         "const auto expected = [] { auto all = kernel(0, 17);\n"
                         "  for (int i = 17; i < 1000; i += 17) all = join(all, kernel(i, 0));\n"
                         "  return all; };")
          .size(),
      1);
}

TEST_F(OwnPartials, OfEveryKindBecomeNumbers) {
  const std::pair<std::string, json> kinds[] = {
      {"std::array<int, 2> kernel(std::uint64_t b, std::uint64_t e) { return {int(e - b), -1}; }\n"
       "auto join(std::array<int, 2> a, std::array<int, 2> b) { a[0] += b[0]; return a; }",
       {100, -1}},
      {"#include <complex>\nauto kernel = [](std::uint64_t i) { return std::complex<double>(i, 1); "
       "};",
       {4950.0, 100.0}},
      {"struct In { float a; bool b; }; struct Out { In in; char c; int more[2]; };\n"
       "Out join(Out a, Out b) { a.in.a += b.in.a; a.more[1] += b.more[1]; return a; }\n"
       "Out kernel(std::uint64_t) { return {{0.5f, true}, 7, {1, 2}}; }",
       {50.0, 1, 7, 1, 200}},
      {"class Sum { public: double sum = 0; Sum(double x) : sum(x) {} Sum() {}\n"
       "  void operator+=(Sum o) { sum += o.sum; } private: int hidden = 3; };\n"
       "Sum kernel(std::uint64_t i) { return Sum(i); }\n"
       "double answer(const Sum& sum) { return sum.sum; }",
       4950.0}};
  for (const auto& [kind, answer] : kinds) {
    const Ended ended = run("constexpr int size = 100;\n" + kind, parallel_arms);
    ASSERT_EQ(ended.code, 0) << kind << ended.err;
    for (const json& arm : result()) EXPECT_EQ(arm["answer"], answer) << kind;
  }
}

TEST_F(OwnPartials, ThatCannotBeFoldedOrSharedAreRefused) {
  EXPECT_THAT(refused("constexpr int size = 9; struct Two { int a, b; };\n"
                      "Two kernel(std::uint64_t) { return {1, 2}; }"),
              HasSubstr("give it `operator+=`, or the file `join(a, b)`"));
  EXPECT_THAT(refused("constexpr int size = 9;\n"
                      "std::vector<int> kernel(std::uint64_t, std::uint64_t) { return {1}; }"),
              HasSubstr("trivially copyable"));
  EXPECT_THAT(refused("constexpr int size = 9;\nvoid kernel_simd(double*, int, int) {}"),
              HasSubstr("`kernel_simd` of the file must take (i) or (begin, end)"));
}

TEST_F(OwnPartials, ThatAreStrangeOrDependOnTheOrderFailWithTheirName) {
  const std::pair<std::string, std::string> bad[] = {
      {"double kernel(std::uint64_t i) { return std::sqrt(50.0 - i); }", "nan"},
      {"struct P { double a, b; void operator+=(P o) { a += o.a; } };\n"
       "P kernel(std::uint64_t) { return {1, std::log(-1.0)}; }",
       "the answer holds"},
      {"static int calls = 0; int kernel(std::uint64_t, std::uint64_t) { return ++calls; }",
       "depends on the order of its parts"}};
  for (const auto& [text, said] : bad) {
    const Ended ended = run("constexpr int size = 100;\n" + text, parallel_arms);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr(said)) << text;
    for (const json& arm : result()) EXPECT_FALSE(arm["ok"]) << text;
  }
}

TEST_F(OwnPartials, OfAKernelThatNeverEndsAreGivenUpAndInterrupted) {
  const std::string endless =
      "#include <thread>\nconstexpr int size = 100;\n"
      "int kernel(std::uint64_t i) { volatile bool on = i != 99; while (!on) {} return 1; }\n"
      "int kernel_short(std::uint64_t) { return 1; }\nconstexpr int expected = 100;";
  Words words = parallel_arms;
  words.insert(words.end(), {"--timeout", "0.2"});
  const Ended ended = run(endless, words);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("gave no answer within"));
  ParlabProgram parlab({"run", "own", "--kernel", "mine.hpp"}, folder_.path());
  std::this_thread::sleep_for(std::chrono::seconds(5));
  parlab.signal(SIGINT);
  EXPECT_EQ(parlab.wait().code, 130);
  EXPECT_TRUE(parlab.descendants().empty());
}

TEST_F(OwnPartials, OfSeveralKernelsRaceEachOther) {
  const std::string text =
      "constexpr int size = 1000;\n"
      "double kernel_up(std::uint64_t i) { return 1.0 / (i + 1); }\n"
      "double kernel_range(std::uint64_t begin, std::uint64_t end)\n"
      "{ double sum = 0; for (; begin < end; ++begin) sum += 1.0 / (begin + 1); return sum; }\n"
      "double kernel_wrong(std::uint64_t i) { return i == 5 ? 0 : 1.0 / (i + 1); }\n"
      "double parallel_own(std::uint64_t size, int workers) {\n"
      "  double sum = 0;\n"
      "  #pragma omp parallel for num_threads(workers) reduction(+ : sum)\n"
      "  for (std::uint64_t i = 0; i < size; ++i) sum += kernel_up(i);\n"
      "  return sum; }\n"
      "double kernel_helper = 0;  // not a kernel: a number\n";
  const std::string kernels = text.substr(0, text.find("double kernel_helper"));
  const Ended ended =
      run(kernels, {"--backend", "threads", "--workers", "1,2", "--flags", "-fopenmp"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  std::map<std::string, int> arms;
  for (const json& arm : result()) {
    ++arms[arm["variant"]];
    EXPECT_EQ(arm["ok"], arm["variant"] != "wrong") << arm["label"] << arm["failure"];
    if (arm["role"] == "baseline") {
      EXPECT_EQ(arm["variant"], "up");
      EXPECT_EQ(arm["backend"], "serial");
    }
    if (arm["variant"] == "own") {
      EXPECT_EQ(arm["backend"], "own");
    }
  }
  EXPECT_EQ(arms, (std::map<std::string, int>{{"up", 4}, {"range", 2}, {"wrong", 2}, {"own", 2}}));
  EXPECT_THAT(ended.err, HasSubstr("kernel_wrong answers"));
  std::filesystem::remove(folder_.path() / "own.json");
  EXPECT_THAT(refused(text), HasSubstr("`kernel_helper` of the file must take"));
}

TEST_F(OwnPartials, OfAFunctionThatStartsItsOwnWorkersAloneRaceByWorkers) {
  const Ended ended =
      run("constexpr int size = 1000;\n"
          "int parallel(std::uint64_t size, int) { return size; }\n"
          "constexpr int expected = 1000;",
          {"--workers", "1,2"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(labels(), (std::set<std::string>{"own x1", "own x1 again", "own x2"}));
}

TEST_F(OwnPartials, OfASearchAreTheLowestIndex) {
  const std::string search =
      "constexpr int size = 10000;\n"
      "std::uint64_t find(std::uint64_t begin, std::uint64_t end, auto stop) {\n"
      "  for (; begin < end && !stop(); ++begin) if (begin % 1000 == REST) return begin;\n"
      "  return end; }\n";
  const auto with = [&](const std::string& rest) {
    std::string text = search;
    return text.replace(text.find("REST"), 4, rest);
  };
  EXPECT_EQ(answers_everywhere(with("999")), std::set<json>{999});
  EXPECT_EQ(answers_everywhere(with("1000")), std::set<json>{"nothing found"});
  // std::find is not a search of the file's.
  EXPECT_EQ(run("using namespace std;\nconstexpr int size = 10;\n"
                "int kernel(uint64_t i) { int x[] = {1, 2}; return *find(x, x + 2, 2) + 0 * i; }")
                .code,
            0);
}

TEST_F(OwnPartials, OfAGridAreCutByRowsOrTiles) {
  const std::string grid =
      "constexpr int rows = 30, columns = 70;\n"
      "std::uint64_t kernel(std::uint64_t i, std::uint64_t j) { return 100 * i + j; }\n"
      "std::uint64_t kernel_tile(std::uint64_t i, std::uint64_t last, std::uint64_t first_column,\n"
      "                          std::uint64_t last_column) {\n"
      "  std::uint64_t sum = 0;\n"
      "  for (; i < last; ++i) for (auto j = first_column; j < last_column; ++j) sum += 100 * i + "
      "j;\n"
      "  return sum; }\n";
  for (const Words& cut :
       {Words{"--grain", "4"}, Words{"--grain", "2", "--tile", "7x16"}, Words{"--tile", "100x1"}}) {
    Words words = {"--backend", "threads,processes", "--workers", "2"};
    words.insert(words.end(), cut.begin(), cut.end());
    const Ended ended = run(grid, words);
    ASSERT_EQ(ended.code, 0) << ended.err;
    for (const json& arm : result()) {
      EXPECT_EQ(arm["answer"], 3117450) << arm["label"];
      EXPECT_EQ(arm["unit"], cut.size() == 2 && cut[0] == "--grain" ? "rows" : "tiles");
      if (cut.size() == 4) {
        EXPECT_EQ(arm["size"], 25);
      }
    }
  }
  std::filesystem::remove(folder_.path() / "own.json");
  EXPECT_THAT(refused(grid, {"--tile", "7"}), HasSubstr("ROWSxCOLUMNS"));
  EXPECT_THAT(refused("constexpr int size = 3; int kernel(int i) { return i; }", {"--tile", "7x7"}),
              HasSubstr("has no `rows` and `columns`"));
}

TEST_F(OwnPartials, AreSweptOverSizesAndParameters) {
  const std::string text =
      "const auto size = parlab::parameter(\"size\", 10);\n"
      "const auto step = parlab::parameter(\"step\", 1);\n"
      "const auto rate = parlab::parameter(\"rate\", 0.5);\n"
      "double kernel(std::uint64_t i) { return rate * step * i; }\n";
  const Ended ended = run(text, {"--backend", "serial", "--size", "10,1e2", "--set", "step=2,-3",
                                 "--set", "rate=0.25"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::map<std::pair<int, int>, double> answers;
  for (const json& arm : result()) {
    EXPECT_EQ(arm["parameters"]["rate"], 0.25);
    answers[{arm["size"], arm["parameters"]["step"]}] = arm["answer"];
  }
  EXPECT_EQ(answers,
            (std::map<std::pair<int, int>, double>{
                {{10, 2}, 22.5}, {{10, -3}, -33.75}, {{100, 2}, 2475}, {{100, -3}, -3712.5}}));
  std::filesystem::remove(folder_.path() / "own.json");
  const std::pair<Words, std::string> bad[] = {
      {{"--set", "stop=2"}, "unknown parameter 'stop', did you mean 'step'?"},
      {{"--set", "step"}, "has no name or no value"},
      {{"--set", "=3"}, "has no name or no value"},
      {{"--set", "step=two"}, "'two' of step is not a number"},
      {{"--set", "step=0.5"}, "step is a whole number, not 0.5"},
      {{"--set", "step=1e15"}, "step cannot be 1000000000000000: its type is too small"},
      {{"--set", "step=1", "--set", "step=2"}, "step is set twice"},
      {{"--size", "0"}, "--size"},
  };
  for (const auto& [words, said] : bad) EXPECT_THAT(refused(text, words), HasSubstr(said));
  const std::string fixed = "constexpr int size = 10; int kernel(int i) { return i; }";
  EXPECT_THAT(refused(fixed, {"--size", "5"}), AllOf(HasSubstr("size in mine.hpp is fixed"),
                                                     HasSubstr("parlab::parameter(\"size\"")));
  EXPECT_THAT(refused(fixed, {"--set", "n=5"}), HasSubstr("mine.hpp has no parameters"));
}

TEST_F(OwnPartials, RaceByFlagsAndCompilers) {
  const std::string text =
      "constexpr int size = 10;\nint kernel(std::uint64_t) { return FACTOR; }\n"
      "int kernel_two(std::uint64_t) { return FACTOR; }\n";
  const Ended ended = run(text, {"--backend", "serial", "--flags-axis", "-O1;-O3 -funroll-loops",
                                 "--flags", "-DFACTOR=1", "--compiler", "c++,g++"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::set<std::string> algorithms;
  for (const json& arm : result()) {
    algorithms.insert(arm["algorithm"]);
    EXPECT_EQ(arm["group"], result()[0]["group"]) << "all race each other";
  }
  EXPECT_EQ(algorithms, (std::set<std::string>{"c++ -O1", "c++ -O3 -funroll-loops", "g++ -O1",
                                               "g++ -O3 -funroll-loops"}));
  std::filesystem::remove(folder_.path() / "own.json");
  EXPECT_THAT(refused(text, {"--flags-axis", "-DFACTOR=1;-O9000 -no-such-flag"}),
              HasSubstr("does not compile"));
  EXPECT_THAT(refused(text, {"--flags", "-DFACTOR=1", "--compiler", "no-such-compiler"}),
              HasSubstr("there is no compiler 'no-such-compiler'"));
}

TEST_F(OwnPartials, OfBuildsThatDifferAreFound) {
  const std::string forms[] = {
      "double kernel(std::uint64_t) { return FACTOR; }",
      "parlab::array<float> z(size); void kernel(std::uint64_t i) { z[i] = FACTOR * i; }"};
  for (const std::string& form : forms) {
    const std::string text = "constexpr int size = 10;\n" + form;
    EXPECT_EQ(run(text, {"--backend", "threads", "--flags-axis", "-DFACTOR=1;-DFACTOR=2"}).code, 1);
    for (const json& arm : result())
      EXPECT_EQ(arm["ok"], arm["algorithm"] == "-DFACTOR=1") << arm["label"] << form;
    // Other flags may round otherwise.
    EXPECT_EQ(
        run(text, {"--backend", "threads", "--flags-axis", "-DFACTOR=1;-DFACTOR=(1+1e-10)"}).code,
        0)
        << form;
  }
}

}  // namespace
}  // namespace parlab
