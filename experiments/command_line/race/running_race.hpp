#pragma once

// A race as it goes on from look to look: after each, arms whose comparisons are decided retire.

#include <string>
#include <vector>

#include "experiments/command_line/race/race_command.hpp"
#include "experiments/measure/results/result_file.hpp"
#include "experiments/measure/verdicts/open_questions.hpp"

namespace parlab {

class RunningRace {
 public:
  using Clock = Race::Clock;

  /// `name` is the record's. The guard must outlive it.
  RunningRace(std::string name, RaceRequest request, const InterruptionGuard& interruption);

  const std::string& name() const { return name_; }
  const RaceOptions& options() const { return race_.options(); }
  const Experiment& experiment() const { return *request_.experiment; }
  const ResultWords& result_words() const { return request_.result; }
  int rounds() const { return race_.outcome().rounds(); }
  std::size_t arms() const { return race_.outcome().results.size(); }
  const RaceOutcome& outcome() const { return race_.outcome(); }
  double elapsed_seconds() const { return race_.outcome().elapsed_seconds; }

  /// What is known of its sentences before a time is taken.
  HeadlinePlan plan() const;
  /// Sentences of the family that its own are of: by which level they are open.
  void join_family(int sentences) { sentences_ = sentences; }

  /// Rounds of the first pass, which every arm runs: as many as may tell something.
  int first_pass() const;
  void run_to(int rounds, Clock::time_point deadline = Clock::time_point::max()) {
    race_.run_to(rounds, deadline);
  }
  void resume(RaceOutcome earlier) { race_.resume(std::move(earlier)); }

  /// What is open now, among the arms that have not retired.
  OpenQuestions look() const;
  /// The same where so many seconds are enough for it, else the part of the highest value per second.
  OpenQuestions look_within(double seconds) const;
  /// All comparisons without a verdict, those of retired arms too: a guard that grew may open one again.
  OpenQuestions undecided() const;
  /// Rounds of what `open` needs, to the next look; all others retire. False where the
  /// deadline leaves no time for one.
  bool go_on(const OpenQuestions& open, Clock::time_point deadline);
  /// Rounds after which go_on() ends.
  int next_look_of(const OpenQuestions& open) const;
  /// Until then, by what its rounds have cost so far.
  double seconds_to_next_look(const OpenQuestions& open) const;
  /// Estimate of the time until every comparison is decided; infinite where one is too close to call.
  double seconds_to_decide(const OpenQuestions& open) const;
  /// Until the end of the first pass, by what the rounds so far have cost.
  double seconds_to_first_pass() const;
  /// So many: those of one process, its start included.
  int rounds_that_tell_costs() const;

  /// All rounds that the options ask for. Throws UsageError where the budget is too small for the
  /// first pass, Interrupted as Race::run_to().
  void run();
  /// As run() found, or as who calls go_on() says.
  void set_stopped(Stop stopped) { stopped_ = stopped; }

  RaceRecord record() const;
  /// Its sentences in a family of so many.
  std::vector<Headline> headlines(const RaceVerdicts& verdicts, int sentences) const;

 private:
  double round_seconds(const OpenQuestions& open) const;
  OpenQuestions open_beside(const std::vector<bool>& retired, Rivals rivals) const;

  std::string name_;
  RaceRequest request_;
  Race race_;
  int sentences_;
  Stop stopped_ = Stop::rounds;
};

}  // namespace parlab
