// The experiment gil, with the Python that the build found.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/python_here.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Span {
  int worker, kind;
  double begin, end;  // seconds
};

/// The kinds of a trace, as experiments/python/gil_threads.py numbers them.
constexpr int holds_lock = 1, without_lock = 2, message_waits = 3;

std::vector<Span> spans_of(const json& metrics) {
  std::vector<Span> spans;
  for (std::string name = "span_0_"; metrics.contains(name + "kind");
       name = fmt::format("span_{}_", spans.size()))
    spans.push_back({metrics[name + "worker"][0], metrics[name + "kind"][0],
                     metrics[name + "begin_seconds"][0], metrics[name + "end_seconds"][0]});
  return spans;
}

/// Whether two workers are said to have held the lock at the same time.
bool two_hold(const std::vector<Span>& spans) {
  for (const Span& a : spans)
    for (const Span& b : spans)
      if (a.worker < b.worker && a.kind == holds_lock && b.kind == holds_lock && a.begin < b.end &&
          b.begin < a.end)
        return true;
  return false;
}

/// All of `run gil` on one core; null where it failed.
json gil_on_one_core() {
  const TemporaryFolder folder;
  const Ended ended = run_parlab({"run", "gil", "--pieces", "4", "--rounds", "2", "--cores", "1",
                                  "--quiet", "--json", "gil.json"},
                                 folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  if (ended.code != 0) return {};
  return read_json(folder.path() / "gil.json");
}

TEST(Gil, AnswersRightlyInEveryWayAndLeavesATrueTrace) {
  if (const std::string why = why_no_python(); !why.empty()) GTEST_SKIP() << why;
  const json document = gil_on_one_core();
  ASSERT_FALSE(document.is_null());
  std::map<std::string, int> methods;
  for (const json& result : document["results"]) {
    SCOPED_TRACE(result["label"].get<std::string>());
    EXPECT_TRUE(result["ok"]);
    const std::string method = result["variant"];
    if (method.ends_with("(free-threaded)")) continue;  // where there is such a Python
    methods[result["group"]] += result["role"] == "baseline again" ? 0 : 1;
    const std::vector<Span> spans = spans_of(result["metrics"]);
    ASSERT_FALSE(spans.empty());
    for (const Span& span : spans) {
      EXPECT_LE(span.begin, span.end);
      EXPECT_EQ(span.kind == message_waits, result["paced"] && span.worker == 1);
      if (span.kind == message_waits) continue;
      EXPECT_EQ(span.kind == without_lock, method.ends_with("(lock released)"));
    }
    EXPECT_FALSE(two_hold(spans) && !method.ends_with("processes"));
    EXPECT_EQ(result["metrics"].contains("delay_median_seconds"), result["paced"]);
  }
  EXPECT_EQ(methods,
            (std::map<std::string, int>{
                {"C on 1 core", 4}, {"bytecode on 1 core", 3}, {"messages on 1 core", 4}}));
}

TEST(Gil, ComparesWhatComputesAndTellsWhatMessagesWaited) {
  if (const std::string why = why_no_python(); !why.empty()) GTEST_SKIP() << why;
  const json document = gil_on_one_core();
  ASSERT_FALSE(document.is_null());
  for (const json& result : document["results"])
    EXPECT_EQ(result["comparison"].is_null(), result["paced"] || result["role"] == "baseline");
  EXPECT_EQ(document["gates"].size(), 2u);  // none of the messages, whose sender sets the pace
  EXPECT_GE(document["headlines"].size(), 5u);
  ASSERT_GE(document["remarks"].size(), 4u);
  for (const json& remark : document["remarks"]) {
    const json& told = document["results"][remark["result"].get<std::size_t>()];
    const double worst =
        std::ranges::max(told["metrics"]["delay_worst_seconds"].get<std::vector<double>>());
    EXPECT_THAT(remark["sentence"].get<std::string>(),
                HasSubstr(fmt::format("at worst {:.3g} ms", 1e3 * worst)));
  }
}

TEST(Gil, RefusesAFreeThreadedPythonThatHasTheLock) {
  setenv("PARLAB_PYTHON_FREE", "/bin/false", 1);  // NOLINT(concurrency-mt-unsafe)
  const Ended run = run_parlab({"run", "gil"});
  const Ended list = run_parlab({"list"});
  unsetenv("PARLAB_PYTHON_FREE");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("PARLAB_PYTHON_FREE names /bin/false"));
}

TEST(Gil, SaysWhatToInstallWherePythonCannotImportParlab) {
  setenv("PARLAB_PYTHON", "/bin/false", 1);  // NOLINT(concurrency-mt-unsafe)
  const Ended ended = run_parlab({"run", "gil"});
  unsetenv("PARLAB_PYTHON");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("apt-get install python3-numpy"));
}

}  // namespace
}  // namespace parlab
