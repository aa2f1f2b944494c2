#include "experiments/doctor/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "experiments/base/experiment.hpp"
#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/measure/verdicts/race_verdicts.hpp"
#include "experiments/options/duration.hpp"
#include "kernels/machine/usable_cores.hpp"
#include "kernels/parallel/darts.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double slow_downs[] = {0, 0.01, 0.03, 0.05, 0.1};

/// Within the 10 to 100 ms of the quick profile: longer samples are no more precise, and of shorter
/// ones the cost of waking workers is a part that can be seen.
constexpr std::chrono::duration<double> sample_time{0.02};

/// Chunks a worker: even work, so that each worker has the same share whatever is planted.
constexpr std::uint64_t chunks_a_worker = 8;

constexpr std::uint64_t seed = 1;

DartKernel darts_kernel() { return dart_variant("simd").count_inside; }

/// Darts of which some are more than others: the work of an arm is its size, exactly.
class PlantedDarts final : public Experiment {
 public:
  std::string name() const override { return "calibration"; }
  std::string question() const override { return "Which slow-downs are detected?"; }
  std::string why() const override { return ""; }
  void add_options(CLI::App&) override {}
  std::vector<Workload> workloads() const override { return {}; }
  std::vector<SuiteEntry> suite(Profile) const override { return {}; }

  /// By the plain kernel, which no arm takes.
  Answer expected(const Workload& workload) const override {
    const auto backend = make_backend({"threads", "dynamic", usable_cores()});
    const DartKernel plain = dart_variant(dart_variant("simd").reference).count_inside;
    return count_darts(*backend, Chunking({0, workload.size}, dart_grain.min), plain, seed);
  }
  OpenedArm open(const Arm& arm) const override {
    std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const Chunking chunking({0, arm.workload.size}, arm.grain);
    return [=]() -> Answer { return count_darts(*backend, chunking, darts_kernel(), seed); };
  }
};

/// The shortest of three, because what disturbs only ever slows.
double seconds_of(const BackendSpec& executor, std::uint64_t darts) {
  const auto backend = make_backend(executor);
  const auto chunks = chunks_a_worker * static_cast<std::uint64_t>(executor.workers);
  const Chunking chunking({0, darts}, darts / chunks + 1);
  double shortest = std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < 3; ++trial) {
    const auto begin = Clock::now();
    count_darts(*backend, chunking, darts_kernel(), seed);
    shortest = std::min(shortest, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return shortest;
}

/// Darts that take about sample_time.
std::uint64_t darts_for(const BackendSpec& executor) {
  std::uint64_t darts = dart_grain.min;
  double seconds = seconds_of(executor, darts);
  while (seconds < sample_time.count() / 4) seconds = seconds_of(executor, darts *= 2);
  return static_cast<std::uint64_t>(static_cast<double>(darts) * sample_time.count() / seconds);
}

/// The baseline, the same again, and an arm for each slow-down.
std::vector<Entrant> entrants_of(const CalibratedArm& arm) {
  const auto chunks = chunks_a_worker * static_cast<std::uint64_t>(arm.executor.workers);
  const auto entrant = [&](double planted, Role role, const std::string& label) {
    const auto size =
        static_cast<std::uint64_t>(std::llround(static_cast<double>(arm.size) * (1 + planted)));
    Workload workload{.kernel = "monte_carlo", .variant = "simd", .size = size, .unit = "darts"};
    return Entrant{{std::move(workload), arm.executor, (size + chunks - 1) / chunks},
                   role,
                   label,
                   label,
                   "calibration",
                   0};
  };
  std::vector<Entrant> entrants = {entrant(0, Role::baseline, "baseline"),
                                   entrant(0, Role::baseline_again, "baseline again")};
  for (const double planted : slow_downs)
    entrants.push_back(entrant(planted, Role::arm, fmt::format("{:.0f} % more", 100 * planted)));
  return entrants;
}

std::string spoken(const BackendSpec& executor) {
  return executor.workers == 1 ? executor.label()
                               : fmt::format("{} x{}", executor.label(), executor.workers);
}

std::string median_rounds(const PlantedSlowdown& slow_down) {
  if (slow_down.rounds.empty()) return "-";
  return fmt::format("{:.3g}", median({slow_down.rounds.begin(), slow_down.rounds.end()}));
}

/// The smallest slow-down from which on most races tell all of them.
std::string sentence_of(const CalibratedArm& arm, int rounds) {
  const PlantedSlowdown* smallest = nullptr;
  for (auto at = arm.planted.rbegin(); at != arm.planted.rend() && at->planted > 0; ++at) {
    if (2 * at->told <= at->races) break;
    smallest = &*at;
  }
  const std::string executor =
      fmt::format("{}, samples of {}", spoken(arm.executor), duration_words(arm.sample_seconds));
  if (!smallest)
    return fmt::format("{}: in {} rounds most races detect none of these slow-downs.\n", executor,
                       rounds);
  return fmt::format("{}: most races detect {:.0f} % or more, in {} rounds.\n", executor,
                     100 * smallest->planted, median_rounds(*smallest));
}

class OneRace {
 public:
  OneRace(CalibratedArm& arm, std::uint64_t number, const RaceOptions& options,
          const InterruptionGuard& interruption)
      : arm_(arm), race_(darts_, entrants_of(arm), seeded(options, number), interruption) {}

  /// Throws Interrupted; what it would have told is then left out.
  void run(const std::string& remark) {
    std::vector<std::vector<Comparison>> looks;
    for (int rounds = first_look;; rounds = std::min(next_look(rounds), calibration_rounds)) {
      race_.expect(calibration_rounds, remark);
      race_.run_to(rounds);
      looks.push_back(look());
      if (rounds >= calibration_rounds) break;
    }
    add_race(arm_.planted, looks);
    arm_.sample_seconds = median(race_.outcome().results.front().seconds());
  }

 private:
  static RaceOptions seeded(RaceOptions options, std::uint64_t number) {
    options.order_seed = number;
    options.rounds = calibration_rounds;
    return options;
  }

  std::vector<Comparison> look() const {
    const auto& results = race_.outcome().results;
    for (const Measured& result : results)
      if (result.failure)
        throw std::runtime_error(fmt::format("calibration: {} on {} failed: {}",
                                             result.entrant.label, arm_.executor.label(),
                                             result.failure->cause));
    std::vector<Comparison> comparisons;
    const RaceVerdicts verdicts = judge(results);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results[i].entrant.role == Role::arm)
        comparisons.push_back(verdicts.against_baseline.at(i).value().comparison);
    return comparisons;
  }

  CalibratedArm& arm_;
  PlantedDarts darts_;
  Race race_;
};

}  // namespace

void add_race(std::vector<PlantedSlowdown>& planted,
              const std::vector<std::vector<Comparison>>& looks) {
  for (std::size_t i = 0; i < planted.size(); ++i) {
    PlantedSlowdown& slow_down = planted[i];
    const double truth = 1 / (1 + slow_down.planted);
    int told = 0;
    bool wrong_side = false;
    bool missed = false;
    for (const auto& look : looks) {
      const Comparison& comparison = look.at(i);
      const auto& [low, high] = comparison.interval;
      const bool is_faster = low > 1;
      const bool is_slower = high < 1;
      if (told == 0 && (is_slower || (is_faster && slow_down.planted == 0)))
        told = comparison.rounds_taken;
      wrong_side |= is_faster && slow_down.planted > 0;
      missed |= low > truth || high < truth;
    }
    ++slow_down.races;
    slow_down.told += told > 0 ? 1 : 0;
    if (told > 0) slow_down.rounds.push_back(told);
    slow_down.wrong_side += wrong_side ? 1 : 0;
    slow_down.missed += missed ? 1 : 0;
    slow_down.called_slower += looks.back().at(i).verdict == Verdict::slower ? 1 : 0;
  }
}

CalibrationOutcome calibrate(std::chrono::duration<double> time, ProgressStyle progress,
                             const InterruptionGuard& interruption) {
  const auto begin = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin); };
  CalibrationOutcome outcome{.arms = {}, .rounds = calibration_rounds};
  std::vector<BackendSpec> arms = {{"serial", "", 1}};
  if (usable_cores() > 1) arms.push_back({"threads", "static", usable_cores()});
  for (const BackendSpec& executor : arms) {
    CalibratedArm& arm = outcome.arms.emplace_back();
    arm.executor = executor;
    arm.size = darts_for(executor);
    for (const double planted : slow_downs) arm.planted.push_back({.planted = planted});
  }
  RaceOptions options;
  options.progress = progress;
  try {
    std::uint64_t race = 0;
    double longest = 0;
    // A race that would end late is not begun.
    while (race < outcome.arms.size() || elapsed().count() + longest < time.count()) {
      const auto before = elapsed();
      CalibratedArm& arm = outcome.arms[race++ % outcome.arms.size()];
      OneRace(arm, race, options, interruption).run(fmt::format("race {}", race));
      longest = std::max(longest, (elapsed() - before).count());
    }
  } catch (const Interrupted& interrupted) {
    if (outcome.arms.front().planted.front().races == 0) throw;
    outcome.signal = interrupted.signal();
  }
  outcome.elapsed_seconds = elapsed().count();
  return outcome;
}

std::string calibration_text(const CalibrationOutcome& outcome) {
  std::string text = fmt::format(
      "Slow-downs planted in pi's darts, and how many of them races of {} rounds detected.\n\n"
      "arm                 planted        detected  rounds  called slower  intervals that miss "
      "it\n",
      outcome.rounds);
  int false_alarms = 0;
  int without = 0;
  for (const CalibratedArm& arm : outcome.arms) {
    for (const PlantedSlowdown& slow_down : arm.planted) {
      const auto of_races = [&](int count) {
        return fmt::format("{} of {}", count, slow_down.races);
      };
      text +=
          fmt::format("{:<18}  {:>5.0f} %  {:>14}  {:>6}  {:>13}  {:>22}\n", spoken(arm.executor),
                      100 * slow_down.planted, of_races(slow_down.told), median_rounds(slow_down),
                      of_races(slow_down.called_slower), of_races(slow_down.missed));
      if (slow_down.planted > 0) continue;
      false_alarms += slow_down.told;
      without += slow_down.races;
    }
  }
  text += "\n";
  for (const CalibratedArm& arm : outcome.arms) text += sentence_of(arm, outcome.rounds);
  text += fmt::format("Where nothing was planted, {} of {} races saw a difference; 1 in 20 may.\n",
                      false_alarms, without);
  return text;
}

nlohmann::ordered_json calibration_json(const CalibrationOutcome& outcome) {
  nlohmann::ordered_json arms = nlohmann::ordered_json::array();
  for (const CalibratedArm& arm : outcome.arms) {
    nlohmann::ordered_json planted = nlohmann::ordered_json::array();
    for (const PlantedSlowdown& slow_down : arm.planted)
      planted.push_back({{"planted", slow_down.planted},
                         {"races", slow_down.races},
                         {"told", slow_down.told},
                         {"rounds", slow_down.rounds},
                         {"called_slower", slow_down.called_slower},
                         {"wrong_side", slow_down.wrong_side},
                         {"missed", slow_down.missed}});
    arms.push_back({{"backend", arm.executor.backend},
                    {"schedule", arm.executor.schedule},
                    {"workers", arm.executor.workers},
                    {"darts", arm.size},
                    {"sample_seconds", arm.sample_seconds},
                    {"planted", std::move(planted)}});
  }
  return {{"calibration",
           {{"max_rounds", outcome.rounds},
            {"elapsed_seconds", outcome.elapsed_seconds},
            {"interrupted", outcome.signal != 0},
            {"arms", std::move(arms)}}}};
}

}  // namespace parlab
