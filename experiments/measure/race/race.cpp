#include "experiments/measure/race/race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <system_error>

#include "experiments/base/json_text.hpp"
#include "experiments/base/this_program.hpp"
#include "experiments/measure/race/round_order.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;

/// An oracle may take many times as long as the fastest arm, being the slowest way.
constexpr double oracle_patience = 10;

/// The running race: arms that rest, and the results so far.
class Race {
 public:
  Race(const Experiment& experiment, std::vector<Entrant> entrants, const RaceOptions& options)
      : experiment_(experiment),
        options_(options),
        progress_(experiment.name(), options.progress),
        retakes_left_(entrants.size() * static_cast<std::size_t>(options.rounds) / 4),
        processes_(entrants.size()) {
    const int cores = usable_cores();
    for (Entrant& entrant : entrants) {
      const bool waits_for_others = !experiment.compares_ways() && !entrant.arm.what.paced &&
                                    entrant.arm.who.workers <= cores;
      outcome_.results.push_back(
          {.entrant = std::move(entrant), .waits_for_others = waits_for_others});
    }
  }

  RaceOutcome run() {
    const auto begin = Clock::now();
    ask_oracle();
    std::vector<std::size_t> all(outcome_.results.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    for (int round = 0; round < options_.rounds; ++round) {
      if (is_renewed_before(round)) renew(round);
      run_round(round, round_order(all, options_.order_seed, static_cast<std::uint64_t>(round)));
    }
    outcome_.elapsed_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return std::move(outcome_);
  }

 private:
  void ask_oracle() {
    std::vector<std::pair<Case, Answer>> known;
    std::vector<std::pair<Case, std::string>> unknown;  // and why
    for (std::size_t i = 0; i < outcome_.results.size(); ++i) {
      const Case& what = outcome_.results[i].entrant.arm.what;
      const auto seen = std::ranges::find(known, what, &std::pair<Case, Answer>::first);
      if (seen != known.end()) {
        outcome_.results[i].expected = seen->second;
        continue;
      }
      const auto asked = std::ranges::find(unknown, what, &std::pair<Case, std::string>::first);
      if (asked != unknown.end()) {
        attempt(i, std::nullopt, [&] { throw ArmFailed(asked->second); });
        continue;
      }
      progress_.show("computing the right answer", 0);
      attempt(i, std::nullopt, [&] {
        try {
          known.emplace_back(what,
                             answer_of_process([&] { return experiment_.expected(what); },
                                               options_.timeout * oracle_patience, interruption_));
        } catch (const ArmFailed& failed) {
          unknown.emplace_back(what,
                               fmt::format("no right answer to compare with: {}", failed.what()));
          throw ArmFailed(unknown.back().second);
        }
        outcome_.results[i].expected = known.back().second;
      });
    }
  }

  bool is_renewed_before(int round) const {
    if (options_.isolation == Isolation::fresh) return false;  // each is, before its sample
    return round == 0 ||
           (options_.isolation == Isolation::renewed && round % rounds_a_process == 0);
  }

  /// New processes for all arms, before the first of them is timed: so each has rested, and no more
  /// memory is taken than by one process an arm.
  void renew(int round) {
    for (auto& process : processes_) process.reset();
    for (std::size_t i = 0; i < outcome_.results.size(); ++i) {
      progress_.show(fmt::format("warming up {}", outcome_.results[i].entrant.label),
                     static_cast<double>(round) / options_.rounds);
      attempt(i, round == 0 ? std::nullopt : std::optional(round),
              [&] { processes_[i] = start(i); });
    }
  }

  std::unique_ptr<ArmProcess> start(std::size_t i) {
    Measured& result = outcome_.results[i];
    const std::uint64_t known_repeats = result.processes == 0 ? 0 : result.repeats;
    auto process = std::make_unique<ArmProcess>(
        [&] { return experiment_.open(result.entrant.arm); }, options_.timeout, interruption_,
        other_program(i, known_repeats), known_repeats);
    result.repeats = process->repeats();
    ++result.processes;
    check(result, process->first_answer());
    return process;
  }

  /// For an arm whose process must be started with other variables.
  ArmProcess::Exec other_program(std::size_t i, std::uint64_t known_repeats) const {
    const auto variables = experiment_.variables(outcome_.results[i].entrant.arm);
    if (variables.empty() || options_.words.empty()) return {};
    return [this, i, known_repeats, variables](int socket) {
      std::vector<std::string> words = {"arm", fmt::to_string(socket),
                                        fmt::to_string(known_repeats), fmt::to_string(i)};
      words.insert(words.end(), options_.words.begin(), options_.words.end());
      try {
        start_again(words, variables);
      } catch (const std::system_error& error) {
        std::string wanted;
        for (const auto& [name, value] : variables) wanted += fmt::format(" {}={}", name, value);
        throw ArmFailed(fmt::format("{}; start parlab with{}", error.what(), wanted));
      }
    };
  }

  void check(Measured& result, const Answer& answer) const {
    result.answer = answer;
    bool is_correct = false;
    try {
      is_correct = experiment_.correct(result.entrant.arm.what, answer, result.expected);
    } catch (const std::exception& error) {
      throw ArmFailed(
          fmt::format("answer that cannot be checked: {}: {}", told_answer(answer), error.what()));
    }
    if (!is_correct)
      throw ArmFailed(fmt::format("wrong answer: {} instead of {}", told_answer(answer),
                                  told_answer(result.expected)));
  }

  void run_round(int round, const std::vector<std::size_t>& order) {
    outcome_.places.emplace_back();
    for (const std::size_t i : order) {
      Measured& result = outcome_.results[i];
      progress_.show(fmt::format("round {} of {}", round + 1, options_.rounds),
                     done(round, i, order));
      attempt(i, round, [&] {
        Sample sample = take_sample(i);
        for (int retake = 0; retake < options_.max_retakes && may_take_again(result, sample);
             ++retake) {
          --retakes_left_;
          ++result.retaken;
          sample = take_sample(i);
        }
        result.samples.push_back(std::move(sample));
        outcome_.places.back().push_back(i);
      });
    }
    double load = 0;
    if (getloadavg(&load, 1) == 1) outcome_.round_load.push_back(load);
  }

  Sample take_sample(std::size_t i) {
    if (options_.isolation == Isolation::fresh) processes_[i] = start(i);
    Sample sample = processes_[i]->sample();
    if (options_.isolation == Isolation::fresh) processes_[i].reset();
    check(outcome_.results[i], sample.answer);
    return sample;
  }

  bool may_take_again(const Measured& result, const Sample& sample) const {
    return retakes_left_ > 0 && result.waits_for_others &&
           is_beside_load(sample.waited.value_or(0), result.entrant.arm.who.workers);
  }

  double done(int round, std::size_t i, const std::vector<std::size_t>& order) const {
    const auto place = static_cast<double>(std::ranges::find(order, i) - order.begin());
    return (round + place / static_cast<double>(order.size())) / options_.rounds;
  }

  /// Does `action` unless the arm is out; puts it out where it fails.
  template <class Action>
  void attempt(std::size_t i, std::optional<int> round, const Action& action) {
    Measured& result = outcome_.results[i];
    if (result.failure) return;
    try {
      action();
    } catch (const ArmFailed& failed) {
      result.failure = Failure{failed.what(), round};
      processes_[i].reset();
    }
  }

  const Experiment& experiment_;
  RaceOptions options_;
  InterruptionGuard interruption_;
  Progress progress_;
  RaceOutcome outcome_;
  std::size_t retakes_left_;  // a quarter of all samples: a program that stays costs no more
  std::vector<std::unique_ptr<ArmProcess>> processes_;  // dies first
};

}  // namespace

std::vector<double> Measured::seconds() const {
  std::vector<double> seconds;
  for (const Sample& sample : samples) seconds.push_back(sample.seconds);
  return seconds;
}

bool RaceOutcome::ok() const { return std::ranges::all_of(results, &Measured::ok); }

RaceOutcome run_race(const Experiment& experiment, std::vector<Entrant> entrants,
                     const RaceOptions& options) {
  return Race(experiment, std::move(entrants), options).run();
}

}  // namespace parlab
