// What is said where Python, or something in it, is missing: a line, and no traceback.

#include "experiments/pythons.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/python_here.hpp"

namespace parlab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// PARLAB_PYTHON for a scope: a program with this text.
class OtherPython {
 public:
  explicit OtherPython(const std::string& text) : path_(folder_.path() / "python") {
    std::ofstream(path_) << text;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
    setenv("PARLAB_PYTHON", path_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  }
  OtherPython(const OtherPython&) = delete;
  OtherPython& operator=(const OtherPython&) = delete;
  ~OtherPython() { unsetenv("PARLAB_PYTHON"); }  // NOLINT(concurrency-mt-unsafe)

  /// The line of `parlab list` on it.
  std::string line_of_list() const {
    const Ended list = run_parlab({"list"});
    EXPECT_EQ(list.code, 0);
    EXPECT_EQ(list.err, "");
    const std::size_t begin = list.out.find("  locked ");
    return list.out.substr(begin, list.out.find('\n', begin) - begin);
  }

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_;
};

TEST(Pythons, SayInALineThatNumpyIsMissing) {
  if (const std::string why = why_no_python(); !why.empty()) GTEST_SKIP() << why;
  // Without the folders in which packages are installed.
  const OtherPython bare("#!/bin/sh\nexec " + python_program() + " -S \"$@\"\n");
  EXPECT_THAT(bare.line_of_list(), AllOf(HasSubstr("MISSING: "), HasSubstr("it needs numpy"),
                                         HasSubstr("apt-get install python3-numpy")));
  for (const char* experiment : {"gil", "python_call"}) {
    const Ended ended = run_parlab({"run", experiment});
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("it needs numpy"), Not(HasSubstr("Traceback"))));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
}

TEST(Pythons, SayWhatElseIsWrongWithOne) {
  const OtherPython old(
      "#!/bin/sh\nread line\necho 'lacks it is Python 3.6, and 3.9 is the oldest'\n");
  EXPECT_THAT(old.line_of_list(), HasSubstr("cannot import parlab: it is Python 3.6"));
  const OtherPython loud("#!/bin/sh\necho 'Traceback (most recent call last):' >&2\nexit 1\n");
  EXPECT_THAT(loud.line_of_list(), HasSubstr("cannot import parlab"));
  const OtherPython none("#!/no/such/interpreter\n");
  EXPECT_THAT(none.line_of_list(), HasSubstr("cannot import parlab"));
}

TEST(Pythons, LeaveNoProcessWhereTheListIsInterruptedWhileOneIsAsked) {
  const OtherPython slow("#!/bin/sh\nexec sleep 600\n");
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    ParlabProgram list({"list"});
    const auto until = [](auto holds) {
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (!holds() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return holds();
    };
    // Asked: the program's child is the sleeping one by then.
    const auto asks = [&] {
      return std::ranges::any_of(list.children(), [](pid_t child) {
        std::string name;
        std::ifstream("/proc/" + std::to_string(child) + "/comm") >> name;
        return name == "sleep";
      });
    };
    ASSERT_TRUE(until(asks));
    const auto begin = std::chrono::steady_clock::now();
    list.signal(number);
    const Ended ended = list.wait();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_EQ(ended.code, 128 + number);
    EXPECT_EQ(ended.err, "parlab: interrupted\n");
    EXPECT_TRUE(until([&] { return list.descendants().empty(); }));
  }
}

}  // namespace
}  // namespace parlab
