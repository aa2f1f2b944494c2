#include "experiments/advice/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

#include "experiments/advice/candidates.hpp"
#include "experiments/measure/race/memory_need.hpp"
#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/options/duration.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {
namespace {

using Clock = Race::Clock;

/// Shares of the budget at whose end the first and the second race stop; the third has the rest.
constexpr double coarse_end = 0.35, fine_end = 0.75;

/// Backends that get into the second race.
constexpr std::size_t max_fine_backends = 4;

/// Slower ones do not: no grain is worth as much where the automatic one gives 16 chunks a worker.
constexpr double max_fine_ratio = 1.5;

/// An arm that is this much slower than the fastest in each of the first rounds leaves without an
/// interval.
constexpr double hopeless_ratio = 1.3;

/// Rounds after which that is looked at.
constexpr int hopeless_rounds = 3;

/// By this much the choice's median may exceed the fastest one's: below the margin, because either
/// median has an error of its own.
constexpr double allowed_loss = 0.02;

std::string label_of(const Arm& arm) {
  return arm.executor.backend == "serial"
             ? "serial"
             : fmt::format("{} x{} g{}", arm.executor.label(), arm.executor.workers,
                           short_number(arm.grain));
}

std::string spoken_of(const Arm& arm) {
  return arm.executor.backend == "serial"
             ? "serial"
             : fmt::format("{} on {} workers at grain {}", arm.executor.label(),
                           arm.executor.workers, short_number(arm.grain));
}

Arm serial_arm(const Workload& workload) {
  return {workload, {"serial", "", 1}, std::max<std::uint64_t>(workload.size, 1)};
}

std::vector<Entrant> entrants_of(const Workload& workload, const std::vector<Arm>& arms) {
  const auto entrant = [](const Arm& arm, Role role) {
    return Entrant{arm, role, label_of(arm), spoken_of(arm), "advice", 0};
  };
  std::vector<Entrant> entrants = {entrant(serial_arm(workload), Role::baseline),
                                   entrant(serial_arm(workload), Role::baseline_again)};
  entrants[1].label += " again";
  for (const Arm& arm : arms) entrants.push_back(entrant(arm, Role::arm));
  return entrants;
}

double median_seconds(const Measured& result) { return median(result.seconds()); }

/// One of the races, from which arms that cannot be the best leave.
class Elimination {
 public:
  Elimination(const Experiment& experiment, const Workload& workload, const std::vector<Arm>& arms,
              const RaceOptions& options, const InterruptionGuard& interruption)
      : race_(experiment, entrants_of(workload, arms), options, interruption) {}

  /// Rounds until one arm is left, all that are left are equivalent, or the deadline comes.
  void run(Clock::time_point deadline, const std::string& remark) {
    for (int rounds = hopeless_rounds; rounds <= last_look;
         rounds = rounds < first_look ? first_look : next_look(rounds)) {
      race_.expect(rounds, fmt::format("{}, {} arms left", remark, left().size()));
      race_.run_to(rounds, deadline);
      require_right_answers();
      if (race_.outcome().rounds() == 0) return;
      race_.retire(1);  // of serial these rounds are enough
      if (race_.outcome().rounds() >= hopeless_rounds) race_.retire(0);
      if (drop_slower() || race_.outcome().rounds() < rounds) return;
    }
  }

  int rounds() const { return race_.outcome().rounds(); }
  double serial_seconds() const { return median_seconds(results().front()); }
  double elapsed_seconds() const { return race_.outcome().elapsed_seconds; }

  /// All parallel arms, the fastest first; those that failed at the end.
  std::vector<Considered> considered() const {
    std::vector<Considered> all;
    const std::size_t best = fastest();
    const double dependence = judge(results()).dependence;
    for (std::size_t i = 2; i < results().size(); ++i) {
      const Measured& result = results()[i];
      Considered one{.arm = result.entrant.arm, .label = result.entrant.label};
      one.rounds = static_cast<int>(result.samples.size());
      if (result.failure) {
        one.failure = result.failure->cause;
      } else {
        one.seconds = median_seconds(result);
        one.as_good = i == best || !race_.is_retired(i);
        if (i != best) {
          one.against_best = compare(results()[best], result, rule(), dependence);
          // To be ordered by what they take in the rounds that the fastest ran, too.
          one.seconds = median_seconds(results()[best]) / one.against_best->ratio;
        }
      }
      all.push_back(std::move(one));
    }
    std::ranges::stable_sort(all, {}, [](const Considered& one) {
      return one.failure.empty() ? one.seconds : std::numeric_limits<double>::infinity();
    });
    return all;
  }

 private:
  const std::vector<Measured>& results() const { return race_.outcome().results; }

  std::vector<std::size_t> left() const {
    std::vector<std::size_t> left;
    for (std::size_t i = 2; i < results().size(); ++i)
      if (results()[i].ok() && !race_.is_retired(i)) left.push_back(i);
    return left;
  }

  /// Of those that are left: in each round, what slows all of them cancels.
  std::size_t fastest() const {
    const auto arms = left();
    std::vector<double> round_means(static_cast<std::size_t>(rounds()), 0);
    for (const std::size_t i : arms)
      for (std::size_t round = 0; round < round_means.size(); ++round)
        round_means[round] +=
            std::log(results()[i].samples[round].seconds) / static_cast<double>(arms.size());
    return *std::ranges::min_element(arms, {}, [&](std::size_t i) {
      std::vector<double> excess;
      for (std::size_t round = 0; round < round_means.size(); ++round)
        excess.push_back(std::log(results()[i].samples[round].seconds) - round_means[round]);
      return median(std::move(excess));
    });
  }

  /// Each arm is compared with the fastest: a level that holds for all of them together.
  Rule rule() const {
    return {.alpha = 0.05 / static_cast<double>(std::max<std::size_t>(1, results().size() - 3))};
  }

  /// Whether no further round is needed.
  bool drop_slower() {
    const auto arms = left();
    const std::size_t best = fastest();
    const double dependence = judge(results()).dependence;
    bool settled = true;
    for (const std::size_t i : arms) {
      if (i == best) continue;
      const Comparison against = compare(results()[best], results()[i], rule(), dependence);
      const auto ratios = differences(results()[best], results()[i]);
      const bool hopeless =
          rounds() >= hopeless_rounds && std::ranges::max(ratios) < -std::log(hopeless_ratio);
      if (hopeless || against.verdict == Verdict::slower)
        race_.retire(i);
      else
        settled &= against.verdict == Verdict::equivalent;
    }
    return settled;
  }

  /// A wrong answer on threads means a loop that cannot be split: no advice on it is right. Processes
  /// fail where the loop's memory is not shared, which is no fault of the loop.
  void require_right_answers() const {
    if (const auto& failure = results().front().failure)
      throw std::runtime_error(fmt::format("advise: serial failed: {}", failure->cause));
    for (const Measured& result : results())
      if (result.failure && result.entrant.arm.executor.backend != "processes")
        throw std::runtime_error(fmt::format(
            "advise: {} failed: {}; correct the loop first: parlab run own tries each backend",
            result.entrant.label, result.failure->cause));
    if (left().empty())
      throw std::runtime_error(fmt::format(
          "advise: every parallel arm failed: {}",
          results().back().failure ? results().back().failure->cause : "none was left"));
  }

  Race race_;
};

/// The backends, the fastest first, that are not much slower than the best.
std::vector<BackendSpec> best_backends(const std::vector<Considered>& considered) {
  std::vector<BackendSpec> best;
  const double shortest = considered.front().seconds;
  for (const bool plain : {true, false})  // what can be advised comes first
    for (const Considered& one : considered)
      if (one.failure.empty() && best.size() < max_fine_backends &&
          one.seconds < max_fine_ratio * shortest && has_plain_code(one.arm.executor) == plain)
        best.push_back(one.arm.executor);
  return best;
}

/// The simplest that loses next to nothing; if none of those has plain code, the fastest that has.
const Considered& chosen(const std::vector<Considered>& considered) {
  const double shortest = considered.front().seconds;
  const Considered* choice = nullptr;
  for (const Considered& one : considered) {
    if (!one.failure.empty() || !has_plain_code(one.arm.executor)) continue;
    const bool as_good = one.as_good && one.seconds <= (1 + allowed_loss) * shortest;
    if (choice == nullptr || (as_good && is_simpler(one.arm, choice->arm))) choice = &one;
  }
  return choice != nullptr ? *choice : considered.front();
}

/// The fastest on another backend that has plain code, else the fastest besides the choice.
const Considered* runner_up_of(const std::vector<Considered>& considered,
                               const Considered& choice) {
  const Considered* other = nullptr;
  for (const Considered& one : considered) {
    if (&one == &choice || !one.failure.empty() || !has_plain_code(one.arm.executor)) continue;
    if (one.arm.executor.backend != choice.arm.executor.backend) return &one;
    if (other == nullptr) other = &one;
  }
  return other;
}

bool is_decided(const Comparison& comparison) {
  return !is_open(comparison) && comparison.verdict != Verdict::differs;
}

/// The choice and its runner-up in fresh processes and rounds.
void confirm(Advice& advice, const Experiment& experiment, const Considered& choice,
             const Considered* other, RaceOptions options, Clock::time_point deadline,
             const InterruptionGuard& interruption) {
  std::vector<Arm> arms = {choice.arm};
  if (other != nullptr) arms.push_back(other->arm);
  ++options.order_seed;
  Race race(experiment, entrants_of(advice.workload, arms), options, interruption);
  const auto& results = race.outcome().results;
  std::optional<Comparison> between;
  for (int rounds = first_look; rounds <= last_look; rounds = next_look(rounds)) {
    race.expect(rounds, "confirming the choice");
    race.run_to(rounds, rounds == first_look ? Clock::time_point::max() : deadline);
    for (const Measured& result : results)
      if (result.failure)
        throw std::runtime_error(fmt::format("advise: {} failed while its choice was confirmed: {}",
                                             result.entrant.label, result.failure->cause));
    const RaceVerdicts verdicts = judge(results);
    advice.confirmed = verdicts.against_baseline.at(2).value().comparison;
    const Rule rule{.guard = width_of(verdicts.guards, 0)};
    if (other != nullptr) between = compare(results[3], results[2], rule, verdicts.dependence);
    if (other != nullptr && between->verdict == Verdict::slower) {
      advice.swapped = true;
      between = compare(results[2], results[3], rule, verdicts.dependence);
      advice.confirmed = verdicts.against_baseline.at(3).value().comparison;
    } else {
      advice.swapped = false;
    }
    if ((is_decided(advice.confirmed) && (!between || is_decided(*between))) ||
        race.outcome().rounds() < rounds)
      break;
  }
  advice.elapsed_seconds += race.outcome().elapsed_seconds;
  advice.against_runner_up = between;
  const std::size_t winner = advice.swapped ? 3 : 2;
  advice.choice = results[winner].entrant.arm;
  advice.label = results[winner].entrant.label;
  if (other != nullptr) advice.runner_up = results[advice.swapped ? 2 : 3].entrant.label;
  advice.serial_seconds = median_seconds(results[0]);
  advice.choice_seconds = median_seconds(results[winner]);
}

/// Seconds of a run that ends as soon as every worker takes part: median of many. Without that wait
/// one worker could do it all before the others are awake.
double start_seconds_of(const BackendSpec& executor, std::chrono::duration<double> timeout,
                        const InterruptionGuard& interruption) {
  const auto measure = [&]() -> Answer {
    const auto backend = make_backend(executor);
    const auto workers = static_cast<std::uint64_t>(executor.workers);
    const SharedMapping memory(sizeof(std::atomic<std::uint64_t>));
    auto& started = *new (memory.data()) std::atomic<std::uint64_t>(0);
    constexpr int runs = 101;                         // tens of ms
    constexpr std::chrono::milliseconds patience{2};  // where a backend wakes fewer workers
    std::vector<double> seconds;
    for (int i = 0; i < runs; ++i) {
      started = 0;
      const auto begin = Clock::now();
      backend->for_chunks(Chunking({0, workers}, 1), [&](IndexRange) {
        ++started;
        while (started < workers && Clock::now() - begin < patience) std::this_thread::yield();
      });
      seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return median(std::move(seconds));
  };
  return answer_of_process(measure, timeout, interruption).get<double>();
}

/// Where serial's time and the choice's, an empty run and its share of the work, are equal.
std::optional<std::uint64_t> break_even(const Advice& advice) {
  const double gain = 1 - 1 / advice.confirmed.ratio;
  const double index_seconds = advice.serial_seconds / static_cast<double>(advice.workload.size);
  if (!(gain > 0)) return std::nullopt;
  const double indices = std::ceil(advice.start_seconds / (index_seconds * gain));
  return indices < 1e18 ? std::optional(static_cast<std::uint64_t>(indices)) : std::nullopt;
}

}  // namespace

bool pays(const Comparison& confirmed) {
  return confirmed.verdict == Verdict::faster ||
         (confirmed.verdict == Verdict::differs && confirmed.ratio > 1) ||
         (is_open(confirmed) && confirmed.ratio > 1 + margin);
}

Advice advise(const Experiment& experiment, const AdviceRequest& request,
              const InterruptionGuard& interruption) {
  const auto begin = Clock::now();
  const auto at = [&](double share) {
    return begin + std::chrono::duration_cast<Clock::duration>(share * request.budget);
  };
  RaceOptions options = request.options;
  options.rounds = last_look;
  options.until_decided = true;
  const Isolation confirmed_in = options.isolation;
  // New processes at each look: more would cost what rounds tell more.
  options.isolation = Isolation::standing;

  const auto coarse_candidates = coarse_arms(request.workload, request.backends, request.workers);
  require_memory(experiment, entrants_of(request.workload, coarse_candidates), options.isolation);
  Elimination coarse(experiment, request.workload, coarse_candidates, options, interruption);
  coarse.run(at(coarse_end), "every backend");
  if (coarse.rounds() < hopeless_rounds)
    throw UsageError(fmt::format(
        "--budget: {} is too little; {} rounds of every backend, and what follows, take about {}",
        duration_words(request.budget.count()), hopeless_rounds,
        duration_words(1.2 * coarse.elapsed_seconds() / coarse_end * hopeless_rounds /
                       std::max(1, coarse.rounds()))));
  std::vector<Considered> considered = coarse.considered();

  ++options.order_seed;
  Elimination fine(experiment, request.workload,
                   fine_arms(request.workload, best_backends(considered), request.workers,
                             coarse.serial_seconds()),
                   options, interruption);
  fine.run(at(fine_end), "grains and workers");
  if (fine.rounds() >= hopeless_rounds) considered = fine.considered();

  Advice advice;
  advice.workload = request.workload;
  const Considered& choice = chosen(considered);
  options.isolation = confirmed_in;
  confirm(advice, experiment, choice, runner_up_of(considered, choice), options, at(1),
          interruption);
  advice.considered = considered;
  if (pays(advice.confirmed)) {
    advice.start_seconds = start_seconds_of(advice.choice.executor, options.timeout, interruption);
    advice.pays_from = break_even(advice);
  } else {
    advice.choice = serial_arm(request.workload);
  }
  advice.elapsed_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return advice;
}

}  // namespace parlab
