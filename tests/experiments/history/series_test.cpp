#include "experiments/history/series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/command_line/history/history_text.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A run of pi on a day, at a commit, with one arm's ratio and half the width of its interval.
HistoryRace run_of(int day, const std::string& commit, double ratio, double half = 0.02) {
  HistoryRace race;
  race.date = "2026-11-" + std::to_string(day) + "T10:00:00Z";
  race.verb = "run";
  race.experiment = race.name = "pi";
  race.metric = "seconds";
  race.command =
      "build/parlab run pi --darts 1e8 --backend tbb,openmp --workers 1,2 --json=pi.json --quiet";
  race.machine = "here";
  race.commit = commit;
  race.conditions = {{"flags", "-O3"}};
  race.rounds = 21;
  race.arms.push_back({.label = "tbb:auto x2",
                       .group = "1e8 darts",
                       .role = "arm",
                       .baseline = "serial",
                       .identity = {{"backend", "tbb"}, {"schedule", "auto"}, {"workers", 2}},
                       .median = 0.1,
                       .ratio = ratio,
                       .low = ratio - half,
                       .high = ratio + half,
                       .verdict = "faster",
                       .failure = ""});
  return race;
}

std::vector<HistoryChange> changes(const std::vector<HistoryRace>& races) {
  const auto series = history_series(races, "here");
  return series.empty() ? std::vector<HistoryChange>{} : series.at(0).changes;
}

TEST(Series, NamesAChangeWithTheRaceThatTells) {
  const auto found =
      changes({run_of(10, "aaa", 2.0), run_of(11, "bbb", 1.99), run_of(12, "ccc", 1.6)});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].before, 1u);
  EXPECT_EQ(found[0].after, 2u);
  EXPECT_NEAR(found[0].ratio, 1.6 / 1.99, 1e-9);
  EXPECT_EQ(found[0].command,
            "parlab race --git bbb..ccc --build 'make program' -- build/parlab run pi --darts 1e8 "
            "--backend tbb:auto --workers 2 --baseline first --rounds 3 --quiet");
}

TEST(Series, NamesNoneWhereARaceIsNotWorthItsTime) {
  EXPECT_THAT(changes({run_of(10, "aaa", 2.0, 0.3), run_of(11, "bbb", 1.6, 0.3)}), IsEmpty())
      << "they overlap";
  EXPECT_THAT(changes({run_of(10, "aaa", 2.0, 0.001), run_of(11, "bbb", 1.98, 0.001)}), IsEmpty())
      << "within 3 %";
  EXPECT_THAT(changes({run_of(10, "aaa", 2.0), run_of(11, "aaa", 1.6)}), IsEmpty()) << "one commit";
  HistoryRace dirty = run_of(11, "bbb", 1.6);
  dirty.dirty = true;
  EXPECT_THAT(changes({run_of(10, "aaa", 2.0), dirty}), IsEmpty()) << "no commit has these sources";
  HistoryRace other = run_of(11, "bbb", 1.6);
  other.conditions["flags"] = "-O2";
  EXPECT_THAT(changes({run_of(10, "aaa", 2.0), other}), IsEmpty()) << "other flags";
  HistoryRace open = run_of(11, "bbb", 1.6);
  open.arms[0].low = std::nullopt;
  EXPECT_THAT(changes({run_of(10, "aaa", 2.0), open}), IsEmpty()) << "no interval";
}

TEST(Series, TakesTheMostExactRunOfACommit) {
  EXPECT_THAT(
      changes({run_of(10, "aaa", 2.0, 0.5), run_of(11, "aaa", 2.0, 0.01), run_of(12, "bbb", 1.6)}),
      SizeIs(1));
}

TEST(Series, AreOfOneMachineAndOneArm) {
  HistoryRace elsewhere = run_of(11, "bbb", 1.2);
  elsewhere.machine = "there";
  HistoryRace wider = run_of(12, "bbb", 1.5);
  wider.arms[0].identity["size"] = 7;
  const auto series = history_series({run_of(10, "aaa", 2.0), elsewhere, wider}, "here");
  ASSERT_THAT(series, SizeIs(2));
  EXPECT_THAT(series[0].points, SizeIs(1));
  EXPECT_THAT(history_series({elsewhere}, "here"), IsEmpty());
}

TEST(Series, OfCommandsNameNoCommitOfParlab) {
  HistoryRace before = run_of(10, "aaa", 2.0), after = run_of(11, "bbb", 1.6);
  for (HistoryRace* race : {&before, &after}) race->command = "parlab race -- a -- b";
  EXPECT_THAT(changes({before, after}), IsEmpty());
}

TEST(HistoryText, HasTableAndPlotAndTheChange) {
  HistoryRace later = run_of(13, "ddd", 1.6);
  later.conditions["libraries"] = "new";
  const std::string text =
      history_text(history_series({run_of(10, "aaa", 2.0), run_of(12, "ccc", 1.6), later}, "here"),
                   {.columns = 80});
  EXPECT_THAT(text, HasSubstr("pi: tbb:auto x2 against serial, 1e8 darts\n"));
  EXPECT_THAT(text, HasSubstr("2026-11-10 10:00  aaa"));
  EXPECT_THAT(text, HasSubstr("[1.98, 2.02]"));
  EXPECT_THAT(text, HasSubstr("From aaa to ccc the ratio went from 2 [1.98, 2.02] to 1.6"));
  EXPECT_THAT(text, HasSubstr("From 2026-11-13 10:00 on: other libraries."));
  EXPECT_THAT(text, HasSubstr("├●┤"));
}

}  // namespace
}  // namespace parlab
