#pragma once

// A race: every entrant once a round, in an order that is drawn anew for each (round_order.hpp):
// what slows a round slows all of it.
//
// A process keeps what it was given when it started, the places of its memory and of its threads,
// and so a bias through all of its rounds: more rounds of one process are a narrower interval
// around a wrong value. So processes are renewed: forked, opened and warmed up again.
//
// What another program takes is no noise: beside one that keeps a core busy, all samples of an arm
// with a worker a core are twice as long, and agree. So a sample in which an arm waited for a
// processor, or the hypervisor kept one, is taken again, by that alone, whatever its time; where that
// does not help, the arm's comparisons say that they are beside load.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/measure/race/arm_process.hpp"
#include "experiments/measure/race/line_up.hpp"
#include "experiments/measure/race/metric.hpp"
#include "experiments/measure/race/progress_line.hpp"
#include "kernels/machine/machine.hpp"

namespace parlab {

enum class Isolation {
  renewed,   // processes that are stopped while others run, and serve rounds_a_process rounds
  standing,  // the same, but they serve all rounds
  fresh,     // a new process for each sample, which never rests
};

/// Rounds that a renewed process serves. Of intervals over 60 rounds, where processes differ by 0.6
/// of a round's standard deviation, 5 % miss the truth at 2 rounds a process, 7 % at 3, 42 % where
/// they serve all; one round each (2 %) costs as many warm-ups as samples.
inline constexpr int rounds_a_process = 2;

/// Processors that another program may take from an arm before its sample counts as beside load, and
/// the share of its time that the arm may wait for one that others have. Alone, nine
/// samples in ten wait for less than 3 % of their time, half of them for nothing; beside a program that keeps one of 2 processors busy, for 50 %.
inline constexpr double max_taken = 0.2;
inline constexpr double max_waited = 0.01;

/// Whether a share of its time that an arm waited for processors means that another program had them.
inline bool is_beside_load(double waited, int workers) {
  return waited > max_waited && waited * workers > max_taken;
}

/// Whether another program, here or beside this virtual machine, took processors from an arm.
inline bool is_disturbed(std::optional<double> waited, std::optional<double> stolen, int workers) {
  return is_beside_load(waited.value_or(0), workers) || stolen.value_or(0) > max_taken;
}

/// Opens an arm in its own process, on the processors where its workers are pinned.
OpenedArm open_in_place(const Experiment& experiment, const Arm& arm);

/// The program that serves an arm whose process must be started with other variables, or that takes
/// several programs: parlab again, with `words`, whose arm of this number it is. Else none.
ArmProgram program_of_arm(const Experiment& experiment, const Arm& arm, std::size_t number,
                          std::uint64_t known_repeats, const std::vector<std::string>& words);

struct RaceOptions {
  int rounds = 21;  // at most, where until_decided
  bool until_decided = false;
  std::optional<std::chrono::duration<double>> budget = std::nullopt;  // of the whole race
  /// Where until_decided and no budget is given: after so long no further look is begun.
  std::optional<std::chrono::duration<double>> patience = std::nullopt;
  std::uint64_t order_seed = 1;
  std::chrono::duration<double> timeout{120};  // a sample, and an arm's warm-up
  double timeout_factor = 1;  // above 1 where an arm ends by itself what takes longer
  Isolation isolation = Isolation::renewed;
  int max_retakes = 2;  // of a sample beside another program: what is short goes by
  ProgressStyle progress = ProgressStyle::none;
  Metric metric = {};
  SampleRules sample = {};
  /// The words that ask for this race, from the verb on, by which parlab can be started again for
  /// one of its arms. Empty: it cannot.
  std::vector<std::string> words = {};
};

struct Failure {
  std::string cause;
  std::optional<int> round;  // none: before the first
};

struct Measured {
  Entrant entrant;
  std::uint64_t repeats = 1;         // of a run within a sample, as its first process found them
  int processes = 0;                 // that served it
  std::vector<Sample> samples = {};  // of the first rounds, in order; of all until it retires
  bool waits_for_others = false;     // it has no more workers than there are processors
  int retaken = 0;                   // samples beside another program, in whose place others stand
  Answer answer = nullptr;           // null where it failed before the first
  Answer expected = nullptr;
  std::optional<Failure> failure = std::nullopt;
  Metric metric = {};

  bool ok() const { return !failure; }
  std::vector<double> seconds() const;
  /// What verdicts are on, one a round: the metric; nullopt in a round that does not tell it.
  std::vector<std::optional<double>> compared() const;
  /// Those that were told.
  std::vector<double> compared_values() const;
};

struct RaceOutcome {
  std::vector<Measured> results;
  std::vector<std::vector<std::size_t>> places;  // entrants in the order they ran, a list a round
  std::vector<double> round_load;                // 1-minute load average after each round
  double elapsed_seconds = 0;

  bool ok() const;
  int rounds() const { return static_cast<int>(places.size()); }
};

/// A race that goes on where it stopped, with all entrants or with some: one that has retired gets
/// no more, so that its samples are those of the first rounds, and of the same rounds as any other's.
class Race {
 public:
  using Clock = std::chrono::steady_clock;

  /// Runs nothing yet. The experiment and the guard must outlive it.
  Race(const Experiment& experiment, std::vector<Entrant> entrants, RaceOptions options,
       const InterruptionGuard& interruption);
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  /// Goes on where `earlier` stopped, an outcome of the same entrants.
  void resume(RaceOutcome earlier);

  /// Rounds of those that have not retired, until there are so many in all, or until the next would
  /// end after `deadline`. An arm that dies, hangs or answers wrongly is out with its cause; the
  /// others go on. Throws Interrupted on SIGINT, SIGTERM, SIGHUP: the round that it cut short is
  /// left out. Between calls no process is left.
  void run_to(int rounds, Clock::time_point deadline = Clock::time_point::max());

  /// No more rounds for this entrant.
  void retire(std::size_t entrant) { retired_[entrant] = true; }
  bool is_retired(std::size_t entrant) const { return retired_[entrant]; }

  /// Seconds that a further round of this entrant takes, its share of process starts included, as
  /// its rounds so far took; 0 before the first.
  double round_seconds(std::size_t entrant) const;

  /// For the progress line: how many rounds it will come to, and what it says beside the round.
  void expect(int rounds, std::string remark) {
    expected_rounds_ = rounds;
    remark_ = std::move(remark);
  }

  const RaceOptions& options() const { return options_; }
  const RaceOutcome& outcome() const { return outcome_; }

 private:
  /// Wall clock that an entrant has taken.
  struct Cost {
    double seconds = 0;
    int rounds = 0;
  };

  void ask_oracle();
  void run_rounds(int rounds, Clock::time_point deadline);
  void run_round(int round);
  void renew(int round);
  std::unique_ptr<ArmProcess> start(std::size_t entrant);
  ArmProcess::Exec other_program(std::size_t entrant, std::uint64_t known_repeats) const;
  void check(Measured& result, const Answer& answer) const;
  Sample take_sample(std::size_t entrant);
  bool may_take_again(const Measured& result, const Sample& sample) const;
  std::vector<std::size_t> active() const;
  double next_round_seconds() const;
  void show(const std::string& what, int round, double share);
  template <class Action>
  void attempt(std::size_t entrant, std::optional<int> round, const Action& action);

  const Experiment& experiment_;
  RaceOptions options_;
  const InterruptionGuard& interruption_;
  const Machine machine_;
  std::optional<Progress> progress_;  // while rounds run
  std::string remark_;
  int expected_rounds_ = 0;
  RaceOutcome outcome_;
  int goal_ = 0;  // rounds of the call to run_to() that runs
  bool has_oracle_ = false;
  std::vector<bool> retired_;
  std::vector<Cost> costs_;
  std::size_t retaken_ = 0;
  int process_rounds_ = 0;                              // that the processes have served
  std::vector<std::unique_ptr<ArmProcess>> processes_;  // dies first
};

/// All rounds of options.rounds at once.
RaceOutcome run_race(const Experiment& experiment, std::vector<Entrant> entrants,
                     const RaceOptions& options);

}  // namespace parlab
