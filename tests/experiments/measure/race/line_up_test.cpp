#include "experiments/measure/race/line_up.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/errors.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

std::vector<std::string> labels(const std::vector<Entrant>& entrants) {
  std::vector<std::string> names;
  for (const Entrant& entrant : entrants) names.push_back(entrant.label);
  return names;
}

using testing::ElementsAre;

TEST(LineUp, AddsTheSerialBaselineAndItsRepetition) {
  const MadeUpExperiment experiment;
  const auto entrants =
      line_up(experiment, {.backends = parse_backends("threads"), .workers = {1, 2}});
  EXPECT_THAT(labels(entrants),
              ElementsAre("serial", "serial again", "threads:static x1", "threads:static x2"));
  EXPECT_EQ(entrants[0].role, Role::baseline);
  EXPECT_EQ(entrants[1].role, Role::baseline_again);
  for (const Entrant& entrant : entrants) EXPECT_EQ(entrant.baseline, 0u);
}

TEST(LineUp, TakesSerialOnceHoweverManyWorkers) {
  const MadeUpExperiment experiment;
  const auto entrants =
      line_up(experiment, {.backends = parse_backends("threads,serial"), .workers = {1, 2}});
  EXPECT_THAT(labels(entrants),
              ElementsAre("serial", "serial again", "threads:static x1", "threads:static x2"));
}

TEST(LineUp, TakesTheFirstArmForBaselineIfAsked) {
  const MadeUpExperiment experiment;
  const auto entrants = line_up(experiment, {.backends = parse_backends("threads,processes"),
                                             .workers = {2},
                                             .baseline = BaselineKind::first});
  EXPECT_THAT(labels(entrants),
              ElementsAre("threads:static x2", "threads:static x2 again", "processes:static x2"));
}

TEST(LineUp, GivesEachSizeItsOwnBaselineButAllVariantsTheFirst) {
  MadeUpExperiment experiment;
  experiment.cases_ = {{.kernel = "k", .variant = "a", .size = 10, .unit = "things"},
                       {.kernel = "k", .variant = "b", .size = 10, .unit = "things"}};
  Selection selection{.backends = parse_backends("serial"), .workers = {1}};
  EXPECT_THAT(labels(line_up(experiment, selection)), ElementsAre("a", "a again", "b", "b again"));
  selection.baseline = BaselineKind::first;
  EXPECT_THAT(labels(line_up(experiment, selection)), ElementsAre("a", "a again", "b"));
  experiment.cases_[1].variant = "a";
  experiment.cases_[1].size = 20;
  EXPECT_EQ(line_up(experiment, selection)[2].role, Role::baseline);
}

TEST(LineUp, NamesGrainsOnlyWhereTheyAreSwept) {
  const MadeUpExperiment experiment;
  const Selection sweep{
      .backends = parse_backends("threads"), .workers = {2}, .chunks = {1, 3, 100}};
  EXPECT_THAT(labels(line_up(experiment, sweep)),
              ElementsAre("serial", "serial again", "threads:static x2 g100",
                          "threads:static x2 g34", "threads:static x2 g1"));
}

/// Serial's is the whole range where nothing is known of the indices.
TEST(LineUp, ChoosesTheGrainByTheMostWorkersAndNeverBelowTheLeast) {
  MadeUpExperiment experiment;
  experiment.cases_[0].size = 3200;
  const Selection selection{.backends = parse_backends("threads"), .workers = {1, 2}};
  for (const Entrant& entrant : line_up(experiment, selection))
    EXPECT_EQ(entrant.arm.grain, entrant.role == Role::arm ? 100u : 3200u) << entrant.label;
  experiment.cases_[0].grain.min = 500;
  for (const Entrant& entrant : line_up(experiment, selection)) EXPECT_EQ(entrant.arm.grain, 534u);
}

TEST(LineUp, RunsWhatCannotBeSplitInOneChunkOnSerialOnly) {
  MadeUpExperiment experiment;
  experiment.cases_[0].splittable = false;
  const auto entrants =
      line_up(experiment, {.backends = parse_backends("all"), .workers = {1, 2}, .grains = {7}});
  ASSERT_EQ(entrants.size(), 2u);
  EXPECT_EQ(entrants[0].arm.grain, 100u);
  EXPECT_THROW(line_up(experiment, {.backends = parse_backends("threads"), .workers = {2}}),
               UsageError);
}

TEST(LineUp, LetsCasesOfOneTaskRaceWhateverTheirSize) {
  MadeUpExperiment experiment;
  experiment.cases_ = {
      {.kernel = "k",
       .variant = "v",
       .algorithm = "slow",
       .size = 10,
       .unit = "things",
       .parameters = {{"poll", 3}},
       .task = "t"},
      {.kernel = "l", .algorithm = "fast", .size = 700, .unit = "others", .task = "t"}};
  Selection selection{
      .backends = parse_backends("serial"), .workers = {1}, .baseline = BaselineKind::first};
  EXPECT_THAT(labels(line_up(experiment, selection)), ElementsAre("slow", "slow again", "fast"));
  EXPECT_EQ(line_up(experiment, selection)[2].baseline, 0u);
  selection.baseline = BaselineKind::serial;
  EXPECT_THAT(line_up(experiment, selection)[2].role, Role::baseline);
}

TEST(LineUp, ComparesWaysWithTheFirstOfThem) {
  MadeUpExperiment experiment;
  experiment.compares_methods_ = true;
  experiment.cases_ = {{.kernel = "k", .variant = "slow", .size = 10, .unit = "things"},
                       {.kernel = "k", .variant = "fast", .size = 10, .unit = "things"}};
  const auto entrants = line_up(
      experiment,
      {.backends = parse_backends("serial"), .workers = {1}, .baseline = BaselineKind::first});
  EXPECT_THAT(labels(entrants), ElementsAre("slow", "slow again", "fast"));
  for (const Entrant& entrant : entrants) EXPECT_EQ(entrant.arm.grain, 10u);
}

TEST(LineUp, SaysOfAWayInASentenceOnlyWhatItsRaceDoesNotShare) {
  MadeUpExperiment experiment;
  experiment.compares_methods_ = true;
  experiment.cases_.clear();
  for (const int bytes : {8, 4096})
    for (const std::string way : {"slow", "fast"})
      experiment.cases_.push_back({.kernel = "k",
                                   .variant = way,
                                   .size = 10,
                                   .unit = "things",
                                   .parameters = {{"bytes", bytes}}});
  const auto entrants = line_up(
      experiment,
      {.backends = parse_backends("serial"), .workers = {1}, .baseline = BaselineKind::first});
  EXPECT_THAT(labels(entrants), ElementsAre("slow 8", "slow 8 again", "fast 8", "slow 4096",
                                            "slow 4096 again", "fast 4096"));
  std::vector<std::string> spoken;
  for (const Entrant& entrant : entrants) spoken.push_back(entrant.spoken);
  EXPECT_THAT(spoken, ElementsAre("slow", "slow", "fast", "slow", "slow", "fast"));
}

TEST(LineUp, NamesNumbersWhereSeveralVary) {
  MadeUpExperiment experiment;
  experiment.compares_methods_ = true;
  experiment.cases_.clear();
  for (const int delay : {10, 20})
    for (const int bytes : {8, 16})
      experiment.cases_.push_back({.kernel = "k",
                                   .size = 10,
                                   .unit = "things",
                                   .parameters = {{"bytes", bytes}, {"delay", delay}}});
  const auto entrants = line_up(experiment, {.backends = parse_backends("serial"), .workers = {1}});
  EXPECT_EQ(labels(entrants).back(), "bytes=16 delay=20 again");
}

TEST(LineUp, ChunksAnEmptyRange) {
  MadeUpExperiment experiment;
  experiment.cases_[0].size = 0;
  const auto entrants =
      line_up(experiment, {.backends = parse_backends("serial"), .workers = {1}, .chunks = {4}});
  EXPECT_EQ(entrants.back().arm.grain, 1u);
}

}  // namespace
}  // namespace parlab
