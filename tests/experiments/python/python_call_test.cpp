// The experiment python_call, with the Python that the build found.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "experiments/python/call_methods.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/python_here.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(PythonCall, AnswersRightlyByEveryWayAndTellsItsLoop) {
  if (const std::string why = why_no_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  const Ended ended = run_parlab(
      {"run", "python_call", "--calls", "200", "--rounds", "2", "--quiet", "--json", "call.json"},
      folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = read_json(folder.path() / "call.json");
  std::map<std::string, std::set<std::string>> methods;
  for (const json& result : document["results"]) {
    EXPECT_TRUE(result["ok"]) << result["label"];
    EXPECT_EQ(result["unit"], "calls");
    if (result["role"] == "baseline again") continue;
    methods[result["parameters"]["task"]].insert(result["variant"]);
    const bool in_python = result["variant"] != "C++";
    ASSERT_EQ(result["metrics"].contains("loop_seconds"), in_python) << result["label"];
    if (in_python) {
      EXPECT_GT(result["metrics"]["loop_seconds"][0], 0);
    }
  }
  // What is built is raced, and no fewer: ctypes and the package are always there.
  const json listing = json::parse(run_parlab({"list", "--json"}).out);
  std::set<std::string> there = {"C++"};
  for (const json& method : listing["calls"])
    if (method["available"]) there.insert(method["name"]);
  EXPECT_TRUE(there.contains("ctypes") && there.contains("parlab"));
  EXPECT_EQ(methods, (std::map<std::string, std::set<std::string>>{
                         {"scalar", there},
                         {"array", there},
                         {"array-large", there},
                         {"own", {"Python function", "built-in function"}}}));
}

TEST(PythonCall, RacesTheTaskThatIsNamed) {
  if (const std::string why = why_no_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  const Ended ended = run_parlab({"run", "python_call", "--task", "own", "--calls", "201",
                                  "--rounds", "2", "--quiet", "--json", "call.json"},
                                 folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = read_json(folder.path() / "call.json");
  for (const json& result : document["results"]) {
    EXPECT_EQ(result["parameters"]["task"], "own");
    EXPECT_EQ(result["answer"], 100);  // odd numbers of [0, 201)
  }
}

TEST(PythonCall, RefusesATaskThatItDoesNotKnow) {
  const Ended ended = run_parlab({"run", "python_call", "--task", "aray"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("did you mean 'array'"));
  EXPECT_EQ(run_parlab({"run", "python_call", "--calls", "0"}).code, 2);
}

TEST(PythonCall, SaysWhatToInstallWherePythonCannotImportParlab) {
  setenv("PARLAB_PYTHON", "/bin/false", 1);  // NOLINT(concurrency-mt-unsafe)
  const Ended ended = run_parlab({"run", "python_call"});
  const Ended list = run_parlab({"list"});
  unsetenv("PARLAB_PYTHON");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("apt-get install python3-numpy"));
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("MISSING: /bin/false cannot import parlab"));
}

TEST(CallWays, AWayThatWasNotBuiltNamesItsPackages) {
  const PythonCalls bare{"3.11", {"parlab", "by_ctypes"}};
  for (const CallMethod& method : call_methods()) {
    if (method.name == "parlab" || method.name == "ctypes")
      EXPECT_EQ(why_missing(method, bare), "");
    else
      EXPECT_THAT(why_missing(method, bare), HasSubstr("install " + method.package));
  }
}

}  // namespace
}  // namespace parlab
