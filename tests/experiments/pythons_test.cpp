// What is said where Python, or something in it, is missing: a line, and no traceback.

#include "experiments/pythons.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

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

}  // namespace
}  // namespace parlab
