// parlab run scaling, as users call it.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "kernels/machine/usable_cores.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/command_line/ranks/rank_checks.hpp"

namespace parlab {
namespace {

using nlohmann::json;

json result_of(std::vector<std::string> words) {
  words.insert(words.begin(), {"run", "scaling", "--darts", "1e5", "--numbers", "1e6"});
  words.insert(words.end(), {"--json", "-", "--quiet"});
  const Ended ended = run_parlab(words);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return json::parse(ended.out);
}

TEST(ScalingExperiment, TellsEachNumberOfWorkersAgainstOne) {
  const json document =
      result_of({"--backend", "threads:static,thread_pool", "--workers", "4,1,2", "--rounds", "7"});
  const json& scaling = document["scaling"];
  EXPECT_EQ(scaling["cores"], usable_cores());
  ASSERT_EQ(scaling["series"].size(), 8u);  // two kernels, two modes, two backends
  std::set<std::string> labels;
  for (const json& series : scaling["series"]) {
    labels.insert(series["label"]);
    const json& one = document["results"][series["one_worker"].get<std::size_t>()];
    EXPECT_EQ(one["workers"], 1);
    EXPECT_EQ(series["against_serial"], false);
    ASSERT_EQ(series["points"].size(), 2u);
    int before = 1;
    for (const json& point : series["points"]) {
      const json& arm = document["results"][point["result"].get<std::size_t>()];
      const int workers = point["workers"];
      EXPECT_GT(workers, before);
      before = workers;
      EXPECT_EQ(arm["workers"], workers);
      EXPECT_EQ(arm["backend"], one["backend"]);
      EXPECT_EQ(arm["grain"], one["grain"]);
      EXPECT_EQ(point["within_cores"], workers <= usable_cores());
      const bool is_strong = series["mode"] == "strong";
      EXPECT_EQ(
          arm["size"].get<std::uint64_t>(),
          one["size"].get<std::uint64_t>() * (is_strong ? 1 : static_cast<unsigned>(workers)));
      EXPECT_TRUE(point.contains(is_strong ? "karp_flatt" : "gustafson"));
      EXPECT_EQ(series.contains("usl"), is_strong);
      EXPECT_GT(point["efficiency"]["value"], 0);
    }
  }
  EXPECT_EQ(labels.size(), 8u);
  EXPECT_TRUE(scaling["messages"].is_null());  // no ranks took part
  EXPECT_NE(scaling["why_no_messages"].get<std::string>().find("mpi"), std::string::npos);
}

TEST(ScalingExperiment, OfRanksAlsoTellsWhatAMessageCosts) {
  if (const std::string why = why_no_ranks(); !why.empty()) GTEST_SKIP() << why;
  const json document = result_of({"--backend", "mpi", "--workers", "1,2", "--kernel", "pi",
                                   "--mode", "strong", "--rounds", "7"});
  const json& messages = document["scaling"]["messages"];
  ASSERT_FALSE(messages.is_null()) << document["scaling"].dump(1);
  EXPECT_EQ(messages["label"], "mpi:static");
  EXPECT_TRUE(messages["latency_seconds"]["value"].is_number());
  EXPECT_TRUE(messages["bytes_per_second"]["interval"].is_array());
  EXPECT_EQ(document["scaling"]["why_no_messages"], "");
}

TEST(ScalingExperiment, WithoutOneWorkerStrongScalingIsAgainstSerial) {
  const json document =
      result_of({"--backend", "threads", "--workers", "2", "--mode", "strong", "--rounds", "3"});
  for (const json& series : document["scaling"]["series"]) {
    EXPECT_EQ(series["against_serial"], true);
    EXPECT_EQ(document["results"][series["one_worker"].get<std::size_t>()]["role"], "baseline");
    EXPECT_TRUE(series["amdahl"]["serial_fraction"]["value"].is_null());
    EXPECT_NE(series["amdahl"]["serial_fraction"]["why"], "");
  }
}

TEST(ScalingExperiment, SaysInATableWhatItFitted) {
  const Ended ended = run_parlab({"run", "scaling", "--darts", "1e5", "--kernel", "pi", "--backend",
                                  "threads", "--workers", "1,2", "--rounds", "7"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* words :
       {"pi on threads:static, strong", "pi on threads:static, weak", "efficiency", "Amdahl's",
        "USL's contention not identifiable", "What a message between two ranks costs is not known"})
    EXPECT_NE(ended.out.find(words), std::string::npos) << words << "\n" << ended.out;
}

TEST(ScalingExperiment, RefusesWhatItCannotCompare) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--workers", "2,4"},
                                                {"--mode", "stong"},
                                                {"--kernel", "pie"},
                                                {"--darts", "1e19"}}) {
    std::vector<std::string> all{"run", "scaling"};
    all.insert(all.end(), words.begin(), words.end());
    const Ended ended = run_parlab(all);
    EXPECT_EQ(ended.code, 2) << words.back();
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
}

}  // namespace
}  // namespace parlab
