// The experiment own: a kernel of the user's from a file, as good as it is and as bad as it may be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "kernels/backends/backend_registry.hpp"
#include "tests/experiments/own_kernel/own_files.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

constexpr char squares[] = R"(constexpr std::uint64_t size = 1000;
auto kernel = [](std::uint64_t i) { return i * i; };
)";
constexpr std::uint64_t sum_of_squares = 332833500;

class Own : public OwnFiles {};

TEST_F(Own, GivesTheSameAnswerOnEveryBackendAndSchedule) {
  const Ended ended = run(squares, {"--backend", "all", "--workers", "1,3"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::set<std::string> seen;
  for (const json& arm : result()) {
    EXPECT_EQ(arm["answer"], sum_of_squares) << arm["label"];
    EXPECT_EQ(arm["kernel"], "mine");
    EXPECT_EQ(arm["size"], 1000);
    seen.insert(arm["backend"]);
  }
  for (const BackendEntry& backend : backends())
    EXPECT_EQ(seen.count(backend.name), backend.by_name_only ? 0 : 1);
}

TEST_F(Own, TakesEveryFormOfKernelSizeAndExpectation) {
  const std::string forms[] = {
      "constexpr auto size = 1000; auto kernel = [](auto i) { return i * i; };\n"
      "constexpr auto expected = 332833500;",
      "double size = 1e3; std::uint64_t kernel(std::uint64_t i) { return i * i; }\n"
      "std::uint64_t expected() { return 332833500; }",
      "const int size = 1000;\n"
      "std::uint64_t kernel(std::uint64_t begin, std::uint64_t end) {\n"
      "  std::uint64_t expected = 0;  // a name of its own\n"
      "  for (; begin < end; ++begin) expected += begin * begin;\n"
      "  return expected; }\n"
      "auto expected = [] { return 332833500u; };",
      "using namespace std; constexpr uint64_t size = 1000;\n"
      "auto kernel = [](uint64_t i) { return static_cast<double>(i * i); };"};
  for (const std::string& form : forms) {
    ASSERT_EQ(run(form).code, 0) << form;
    EXPECT_EQ(result()[0]["answer"], sum_of_squares) << form;
    EXPECT_EQ(result()[0]["expected"], sum_of_squares) << form;
  }
}

TEST_F(Own, AddsUpSignedNumbersAndDoublesOverData) {
  ASSERT_EQ(run("constexpr int size = 10; auto kernel = [](int i) { return -i; };").code, 0);
  EXPECT_EQ(result()[0]["answer"], -45);
  const Ended ended =
      run(R"(#include <array>
static const auto data = [] { std::array<double, 5000> x{}; for (int i = 0; i < 5000; ++i) x[i] = 1.0 / (i + 1); return x; }();
const auto size = data.size();
auto kernel = [](std::uint64_t begin, std::uint64_t end) { return std::accumulate(&data[begin], &data[end], 0.0); };
double expected() { double sum = 0; for (int i = 5000; i > 0; --i) sum += 1.0 / i; return sum; }
)",
          {"--backend", "serial,threads,processes", "--workers", "2", "--chunks", "7"});
  ASSERT_EQ(ended.code, 0) << ended.err;  // another order of adding, so other last digits
  for (const json& arm : result()) EXPECT_NEAR(arm["answer"], 9.0945088529844, 1e-12);
}

TEST_F(Own, HoldsDoublesToTheToleranceAskedFor) {
  const std::string text =
      "constexpr int size = 10; auto kernel = [](double i) { return i; };\n"
      "double expected() { return 45.01; }";
  EXPECT_EQ(run(text).code, 1);
  EXPECT_EQ(run(text, {"--backend", "serial", "--tolerance", "1e-3"}).code, 0);
  EXPECT_EQ(run(text, {"--backend", "serial", "--tolerance", "-1"}).code, 2);
}

TEST_F(Own, TimesNoWrongAnswer) {
  const Ended ended = run(std::string(squares) + "std::uint64_t expected() { return 1; }\n",
                          {"--backend", "threads", "--workers", "2"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("wrong answer: 332833500 instead of 1"));
  for (const json& arm : result()) {
    EXPECT_FALSE(arm["ok"]);
    EXPECT_TRUE(arm["seconds"].empty());
  }
  const Ended endless =
      run("constexpr int size = 3; auto kernel = [](double i) { return 1 / (i - i); };");
  EXPECT_EQ(endless.code, 1);
  EXPECT_THAT(endless.err, HasSubstr("the answer is inf"));
}

TEST_F(Own, NamesAnArmWhoseKernelThrowsOrCrashes) {
  // In a part alone, so that the answer in one piece, which they are checked against, is there.
  const std::string in_part =
      "constexpr int size = 1000;\n"
      "auto kernel = [](std::uint64_t begin, std::uint64_t end) {\n"
      "  if (begin == 500) BAD;\n"
      "  return end - begin; };\n";
  const std::pair<std::string, std::string> bad[] = {
      {"throw std::runtime_error(\"too deep\")", "too deep"},
      {"__builtin_trap()", "SIGILL"},
      {"std::exit(3)", "exit code 3"}};
  for (const auto& [what, said] : bad) {
    std::string text = "#include <stdexcept>\n#include <cstdlib>\n" + in_part;
    text.replace(text.find("BAD"), 3, what);
    const Ended ended =
        run(text, {"--backend", "serial,threads,processes", "--workers", "2", "--chunks", "2"});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr(said));
    for (const json& arm : result()) EXPECT_FALSE(arm["ok"]) << arm["label"] << what;
  }
}

TEST_F(Own, RefusesWhatIsNoKernel) {
  EXPECT_THAT(refused("constexpr int size = 3;\nauto kernel = [](int i) { return j; };"),
              testing::AllOf(HasSubstr("mine.hpp:2"), HasSubstr("does not compile")));
  EXPECT_THAT(refused("constexpr int size = 3;"), HasSubstr("the file has no `kernel`"));
  EXPECT_THAT(refused("auto kernel = [](int i) { return i; };"),
              HasSubstr("the file has no `size`"));
  EXPECT_THAT(refused("constexpr int size = 3; auto kernel = [](int) {};"),
              HasSubstr("kernel in mine.hpp returns nothing, and writes to no array"));
  EXPECT_THAT(refused("constexpr int size = 3; auto kernel = [](const char*) { return 1; };"),
              HasSubstr("the file has no `kernel` that takes"));
  EXPECT_THAT(refused("constexpr int size = 3; const char* kernel(int) { return \"3\"; }"),
              HasSubstr("kernel must return a number"));
  for (const char* size : {"0", "-1", "1e30"})
    EXPECT_THAT(refused(std::string("constexpr double size = ") + size +
                        "; auto kernel = [](int i) { return i; };"),
                HasSubstr("size in mine.hpp is out of range"));
  EXPECT_THAT(refused(std::string(squares) +
                      "#include <cstdlib>\nstatic int at_start = (std::abort(), 1);"),
              testing::AllOf(HasSubstr("cannot be loaded"), HasSubstr("SIGABRT")));
}

TEST_F(Own, RefusesAMissingFileACompilerOrAFolderThatIsNotThere) {
  const Ended missing = run_parlab({"run", "own", "--kernel", "absent.hpp"}, folder_.path());
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("cannot read absent.hpp"));
  EXPECT_EQ(run_parlab({"run", "own", "--kernel", "."}, folder_.path()).code, 2);
  const Ended none = run_parlab({"run", "own"}, folder_.path());
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("--kernel is missing"));
  set("CXX", "no-such-compiler -O2");
  EXPECT_THAT(refused(squares), HasSubstr("there is no compiler 'no-such-compiler'"));
  set("CXX", "");
  set("XDG_CACHE_HOME", "/proc/none");
  EXPECT_THAT(refused(squares), HasSubstr("set XDG_CACHE_HOME"));
}

TEST_F(Own, CompilesAgainWhatChangedAndNothingElse) {
  file("#define FACTOR 1\n", "factor.hpp");
  const std::string text =
      "#include \"factor.hpp\"\nconstexpr int size = 4;\n"
      "auto kernel = [](std::uint64_t i) { return FACTOR * i; };\n";
  const auto answer = [&](const Words& more = {}) {
    Words words = {"--backend", "serial"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(run(text, words).code, 0);
    return result()[0]["answer"].get<int>();
  };
  EXPECT_EQ(answer(), 6);
  EXPECT_EQ(answer(), 6);
  EXPECT_EQ(kept().size(), 1);
  file("#define FACTOR 2\n", "factor.hpp");
  EXPECT_EQ(answer(), 12);  // what it includes counts
  EXPECT_EQ(kept().size(), 2);
  answer({"--flags", "-fno-inline -O1"});
  EXPECT_EQ(kept().size(), 3);  // and the flags
  std::filesystem::remove(folder_.path() / "mine.hpp");
  const Ended gone = run_parlab({"run", "own", "--kernel", "mine.hpp"}, folder_.path());
  EXPECT_EQ(gone.code, 2) << "what was kept must not stand for a file that was deleted";
}

TEST_F(Own, TakesAFileAsEditorsLeaveIt) {
  const std::string body =
      "constexpr std::uint64_t size = 1000;\nauto kernel = [](std::uint64_t i) { return i * i; };";
  std::string windows = "\xEF\xBB\xBF#pragma once\n" + body + "\n#define TWO \\\n  2\n";
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2)
    windows.replace(at, 1, "\r\n");
  for (const std::string& text :
       {"\xEF\xBB\xBF" + body, windows, " # pragma once // for headers\n" + body,
        "#pragma once /* for headers */\n" + body + "\n", body + "\n// no newline at the end"}) {
    const Ended ended = run(text);
    ASSERT_EQ(ended.code, 0) << text << ended.err;
    EXPECT_THAT(ended.err, Not(HasSubstr("warning"))) << text;
    EXPECT_EQ(result()[0]["answer"], sum_of_squares) << text;
  }
  std::filesystem::remove(folder_.path() / "own.json");
  EXPECT_THAT(refused("\xFF\xFE" + body), HasSubstr("UTF-16"));
  EXPECT_THAT(refused("\xEF\xBB\xBF#pragma once\r\n\r\nint x = y;\r\n"), HasSubstr("mine.hpp:3:9"));
}

TEST_F(Own, TakesFlagsThatHoldBlanksAndAFolderOfAnyName) {
  const std::filesystem::path folder = folder_.path() / "in [1] \"clude\" & ü";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "n.h") << "constexpr std::uint64_t n = 1000;\n";
  std::ofstream(folder / "my kernel.hpp")
      << "#include \"n.h\"\nconstexpr auto size = n;\n"
         "auto kernel = [](std::uint64_t i) { return i * i + 0 * sizeof(TEXT) * (ONE + TWO); };\n"
         "static_assert(sizeof(TEXT) == 4 && ONE + TWO == 3);\n";
  const Ended ended = run_parlab(
      {"run", "own", "--kernel", folder / "my kernel.hpp", "--backend", "serial", "--rounds", "2",
       "--json", "own.json", "--flags", R"(-DTEXT='"a b"'  "-DONE=2 - 1" -DTWO=1\ +\ 1)"},
      folder_.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, Not(HasSubstr("warning")));
  EXPECT_EQ(result()[0]["answer"], sum_of_squares);
  EXPECT_EQ(result()[0]["kernel"], "my kernel");
  std::filesystem::remove_all(folder);
  std::filesystem::remove(folder_.path() / "own.json");
  for (const char* open : {"-DX='1", "\"-DX", "'"})
    EXPECT_THAT(refused(squares, {"--flags", open}), HasSubstr("is not closed")) << open;
}

TEST_F(Own, SaysWhatAKernelIsWithoutARace) {
  const Ended ended =
      run_parlab({"run", "own", "--describe", "--kernel", file(squares)}, folder_.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "mine: 1000 indices, adds up whole numbers, has no expected(): is checked against one "
            "piece\n");
}

TEST_F(Own, LeavesNothingBehindWhereItIsInterruptedWhileCompiling) {
  // A compiler that is slow, and has started another program.
  const std::filesystem::path slow = folder_.path() / "slow";
  std::ofstream(slow) << "#!/bin/sh\nsleep 60\n";
  std::filesystem::permissions(slow, std::filesystem::perms::owner_all);
  set("CXX", slow);
  ParlabProgram parlab({"run", "own", "--kernel", file(squares), "--json", "own.json"},
                       folder_.path());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (parlab.descendants().size() < 2 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_EQ(parlab.descendants().size(), 2);
  parlab.signal(SIGINT);
  EXPECT_EQ(parlab.wait().code, 130);
  EXPECT_EQ(folder_.files(), (Words{"mine.hpp", "slow"}));
  EXPECT_EQ(kept(), Words{});
  while (!parlab.descendants().empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(parlab.descendants(), std::vector<pid_t>{});
}

TEST_F(Own, RemovesWhatOneLeftThatWasKilledWhileCompilingAndNothingElse) {
  const std::filesystem::path slow = folder_.path() / "slow";
  std::ofstream(slow) << "#!/bin/sh\nexec sleep 60\n";
  std::filesystem::permissions(slow, std::filesystem::perms::owner_all);
  file(squares);
  const Words run_own = {"run",      "own", "--kernel",  "mine.hpp",
                         "--rounds", "2",   "--backend", "serial"};
  Words slowly = run_own;
  slowly.insert(slowly.end(), {"--compiler", slow.string()});
  const auto waits_for_the_compiler = [](const ParlabProgram& parlab) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (parlab.descendants().empty() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return !parlab.descendants().empty();
  };
  for (int i = 0; i < 2; ++i) {
    ParlabProgram killed(slowly, folder_.path());
    ASSERT_TRUE(waits_for_the_compiler(killed));
    killed.signal(SIGKILL);
    killed.wait();
  }
  EXPECT_EQ(half_made(), 1);  // the second has removed the first's
  const ParlabProgram goes_on(slowly, folder_.path());
  ASSERT_TRUE(waits_for_the_compiler(goes_on));
  EXPECT_EQ(half_made(), 1);
  EXPECT_EQ(run_parlab(run_own, folder_.path()).code, 0);
  EXPECT_EQ(half_made(), 1) << "what another one is making is to stay";
}

TEST_F(Own, TakesTheCompilerThatThePythonPackageTakes) {
  const std::filesystem::path tools = folder_.path() / "tools";
  std::filesystem::create_directory(tools);
  for (const char* name : {"g++", "c++", "clang++"}) {
    std::ofstream(tools / name) << "#!/bin/sh\necho this is " << name << " >&2\nexit 1\n";
    std::filesystem::permissions(tools / name, std::filesystem::perms::owner_all);
  }
  set("PATH", tools);
  set("CXX", "");
  file(squares);
  for (const char* name : {"g++", "c++", "clang++"}) {
    const Ended ended = run_parlab({"run", "own", "--kernel", "mine.hpp"}, folder_.path());
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, testing::HasSubstr(std::string("this is ") + name + "\n"));
    std::filesystem::remove(tools / name);
  }
  const Ended none = run_parlab({"run", "own", "--kernel", "mine.hpp"}, folder_.path());
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, testing::HasSubstr("there is no compiler 'g++'"));
}

}  // namespace
}  // namespace parlab
