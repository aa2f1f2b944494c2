// parlab replay: what another's report states, measured here. The reports are made up of real result files, so that
// what must hold and what must turn is known.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "experiments/command_line/replay/claims.hpp"
#include "experiments/command_line/replay/replay_race.hpp"
#include "kernels/base/errors.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using Words = std::vector<std::string>;

/// A race of a backend that is far slower than serial for next to no work.
class Replay : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TemporaryFolder folder;
    ASSERT_EQ(run_parlab({"run", "pi", "--darts", "1e4", "--backend", "processes", "--workers", "2",
                          "--rounds", "12", "--quiet", "--json", "pi.json"},
                         folder.path())
                  .code,
              0);
    race_ = read_json(folder.path() / "pi.json");
    ASSERT_EQ(race_["results"].size(), 3u);
    state(race_, "slower", 0.05, 0.04, 0.06);
  }

  /// The one sentence of the document: processes against serial.
  static void state(json& document, const std::string& verdict, double ratio, double low,
                    double high) {
    document["headlines"] = {{{"sentence", "processes is " + verdict},
                              {"verdict", verdict},
                              {"ratio", ratio},
                              {"interval", {low, high}},
                              {"confidence", 0.95},
                              {"result", 2},
                              {"against", 0}}};
  }

  void write(const std::string& name, const json& document) const {
    std::ofstream(folder_.path() / name) << document.dump();
  }
  Ended replay(const Words& more) const {
    Words words = {"replay"};
    words.insert(words.end(), more.begin(), more.end());
    return run_parlab(words, folder_.path());
  }

  static json race_;
  TemporaryFolder folder_;
};

json Replay::race_;

TEST_F(Replay, SaysThatASentenceHolds) {
  write("pi.json", race_);
  const Ended ended = replay({"pi.json", "--json", "replay.json", "--budget", "20s"});
  EXPECT_EQ(ended.code, 0) << ended.err << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("holds           processes is slower"));
  EXPECT_THAT(ended.out, HasSubstr("1 holds, 0 turn, 0 cannot be told here."));
  const json sentence = read_json(folder_.path() / "replay.json")["races"][0]["sentences"][0];
  EXPECT_EQ(sentence["outcome"], "holds");
  EXPECT_LT(sentence["here"]["ratio"], 1);
}

TEST_F(Replay, SaysThatASentenceTurns) {
  json opposite = race_;
  state(opposite, "faster", 1.9, 1.8, 2);
  write("pi.json", opposite);
  const Ended ended = replay({"pi.json", "--budget", "20s"});
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("turns           processes is faster"));
}

TEST_F(Replay, SaysWhatCannotBeToldHereAndWhy) {
  json larger = race_;
  larger["results"][2]["workers"] = 4096;
  larger["results"][2]["label"] = "processes:static x4096";
  larger["context"]["command"] = "parlab run pi --darts 1e4 --backend processes --workers 4096";
  write("larger.json", larger);
  Ended ended = replay({"larger.json", "--fail-on-unresolved"});
  EXPECT_EQ(ended.code, 4) << ended.err << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("cannot be told"));
  json open = race_;
  state(open, "not resolved", 1, 0.9, 1.1);
  write("open.json", open);
  ended = replay({"open.json"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("1 had no verdict there"));
}

TEST_F(Replay, RunsNothingThatTheFilesAuthorCouldHavePutIn) {
  for (const char* command :
       {"parlab race -- 'touch here' -- true", "parlab run own --kernel evil.hpp",
        "parlab run pi --darts 1e4 --backend processes --env LD_PRELOAD=./evil.so",
        "parlab run pi --darts 1e4 --backend processes --env=OMP_TOOL_LIBRARIES=./evil.so",
        "touch here", "parlab"}) {
    json document = race_;
    document["context"]["command"] = command;
    write("pi.json", document);
    const Ended ended = replay({"pi.json"});
    EXPECT_EQ(ended.code, 0) << command;
    EXPECT_THAT(ended.out, HasSubstr("0 hold, 0 turn, 1 cannot be told here")) << command;
    EXPECT_EQ(folder_.files(), Words{"pi.json"}) << command;
  }
}

TEST_F(Replay, OfAReportLeavesOutWhatIsBadAndSaysWhere) {
  write("a.json", race_);
  json schema = race_, index = race_, changed = race_;
  schema["schema"] = "parlab/9";
  index["headlines"][0]["result"] = 7;
  state(changed, "faster", 0.5, 0.4, 0.6);
  write("b.json", schema);
  write("c.json", index);
  write("d.json", changed);
  std::ofstream(folder_.path() / "e.json") << race_.dump().substr(0, 500);
  std::ofstream(folder_.path() / "REPORT.md") << "# parlab report\n";
  const Ended ended = replay({"REPORT.md", "--budget", "20s"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("b.json: its schema is \"parlab/9\", not parlab/1"));
  EXPECT_THAT(ended.err,
              HasSubstr("c.json: headlines[0].result is 7, but there are only 3 results"));
  EXPECT_THAT(ended.err, HasSubstr("d.json: headlines[0]: it says faster, its interval does not"));
  EXPECT_THAT(ended.err, HasSubstr("e.json: it is cut: its end is missing"));
  EXPECT_THAT(ended.out, HasSubstr("1 holds"));
}

TEST_F(Replay, BadInputIsALineAndExitCode2) {
  write("hyper.json", {{"results", json::array()}});
  for (const auto& [words, complaint] : std::vector<std::pair<Words, std::string>>{
           {{}, "name one report"},
           {{"a", "b"}, "name one report"},
           {{"no.json"}, "there is no no.json"},
           {{"hyper.json"}, "it is no result of parlab"},
           {{"hyper.json", "--budget", "soon"}, "'soon' is not a duration"}}) {
    const Ended ended = replay(words);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr(complaint));
    EXPECT_EQ(ended.out, "");
  }
}

TEST(Outcome, FollowsFromTheTwoVerdicts) {
  const auto of = [](const std::string& there, Verdict here, double ratio) {
    Comparison comparison{};
    comparison.ratio = ratio;
    comparison.verdict = here;
    return outcome_of(there, comparison);
  };
  EXPECT_EQ(of("faster", Verdict::faster, 1.5), Outcome::holds);
  EXPECT_EQ(of("faster", Verdict::slower, 0.5), Outcome::turns);
  EXPECT_EQ(of("faster", Verdict::equivalent, 1.0), Outcome::turns);
  EXPECT_EQ(of("faster", Verdict::differs, 1.02), Outcome::cannot_tell);
  EXPECT_EQ(of("faster", Verdict::differs, 0.98), Outcome::turns);
  EXPECT_EQ(of("equivalent", Verdict::equivalent, 1.0), Outcome::holds);
  EXPECT_EQ(of("equivalent", Verdict::faster, 1.2), Outcome::turns);
  EXPECT_EQ(of("slower", Verdict::not_resolved, 0.9), Outcome::cannot_tell);
  EXPECT_EQ(of("slower", Verdict::too_few_rounds, 0.9), Outcome::cannot_tell);
}

}  // namespace
}  // namespace parlab
