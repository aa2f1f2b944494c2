#include "experiments/measure/race/race.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <system_error>

#include "experiments/base/json_text.hpp"
#include "experiments/base/this_program.hpp"
#include "experiments/measure/race/round_order.hpp"
#include "kernels/machine/processors/processor_set.hpp"
#include "kernels/machine/processors/worker_places.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

/// An oracle may take many times as long as the fastest arm, being the slowest way.
constexpr double oracle_patience = 10;

/// Of ranks: mpirun ends those that hang within this.
constexpr std::chrono::seconds rank_end_patience{12};

/// Of so many samples one may be taken again: a program that stays costs no more.
constexpr std::size_t samples_a_retake = 4;

double seconds_since(Race::Clock::time_point begin) {
  return std::chrono::duration<double>(Race::Clock::now() - begin).count();
}

}  // namespace

OpenedArm open_in_place(const Experiment& experiment, const Arm& arm) {
  if (arm.pin != Placement::none) {
    ProcessorSet processors{};
    const std::vector<int> numbers = placed_processors(arm.pin, arm.executor.workers);
    for (const int number : numbers) processors.add(number);
    if (!bind_thread(processors))
      throw std::runtime_error(
          fmt::format("the kernel does not let it run on processors {} (--pin {})",
                      fmt::join(numbers, ", "), placement_name(arm.pin)));
    set_worker_places(numbers);
  }
  return experiment.open(arm);
}

Race::Race(const Experiment& experiment, std::vector<Entrant> entrants, RaceOptions options,
           const InterruptionGuard& interruption)
    : experiment_(experiment),
      options_(std::move(options)),
      interruption_(interruption),
      retired_(entrants.size()),
      costs_(entrants.size()),
      processes_(entrants.size()) {
  const int cores = usable_cores();
  for (Entrant& entrant : entrants) {
    const bool waits_for_others = !experiment.compares_methods() &&
                                  !entrant.arm.workload.externally_timed &&
                                  entrant.arm.executor.workers <= cores;
    outcome_.results.push_back({.entrant = std::move(entrant),
                                .waits_for_others = waits_for_others,
                                .metric = options_.metric});
  }
}

void Race::resume(RaceOutcome earlier) {
  if (earlier.results.size() != outcome_.results.size())
    throw std::invalid_argument("another race cannot go on here");
  outcome_ = std::move(earlier);
  has_oracle_ = true;
  for (std::size_t i = 0; i < outcome_.results.size(); ++i) {
    const Measured& result = outcome_.results[i];
    retired_[i] = static_cast<int>(result.samples.size()) < outcome_.rounds();
    retaken_ += static_cast<std::size_t>(result.retaken);
    const std::chrono::duration<double> paused =
        options_.sample.pause.count() > 0 ? options_.sample.pause + time_after : Clock::duration{};
    for (const Sample& sample : result.samples)
      costs_[i].seconds += sample.seconds * static_cast<double>(result.repeats) + paused.count();
    costs_[i].rounds = static_cast<int>(result.samples.size());
  }
}

void Race::run_to(int rounds, Clock::time_point deadline) {
  const auto begin = Clock::now();
  goal_ = rounds;
  progress_.emplace(experiment_.name(), options_.progress, deadline);
  const auto end = [&] {
    for (auto& process : processes_) process.reset();
    progress_.reset();
    outcome_.elapsed_seconds += seconds_since(begin);
  };
  try {
    if (!has_oracle_) {
      ask_oracle();
      has_oracle_ = true;
      costs_.assign(costs_.size(), {});  // of rounds alone
    }
    run_rounds(rounds, deadline);
  } catch (...) {
    end();
    throw;
  }
  end();
}

void Race::run_rounds(int rounds, Clock::time_point deadline) {
  process_rounds_ = 0;
  while (outcome_.rounds() < rounds) {
    const int round = outcome_.rounds();
    if (Clock::now() + std::chrono::duration<double>(next_round_seconds()) > deadline) return;
    try {
      const bool is_renewed = process_rounds_ == 0 || (options_.isolation == Isolation::renewed &&
                                                       process_rounds_ % rounds_a_process == 0);
      if (is_renewed && options_.isolation != Isolation::fresh) renew(round);
      run_round(round);
    } catch (...) {
      for (Measured& result : outcome_.results)
        if (static_cast<int>(result.samples.size()) > round) result.samples.pop_back();
      outcome_.places.resize(static_cast<std::size_t>(round));
      throw;
    }
    ++process_rounds_;
  }
}

std::vector<std::size_t> Race::active() const {
  std::vector<std::size_t> active;
  for (std::size_t i = 0; i < retired_.size(); ++i)
    if (!retired_[i]) active.push_back(i);
  return active;
}

double Race::round_seconds(std::size_t entrant) const {
  const Cost& cost = costs_[entrant];
  return cost.rounds == 0 ? 0 : cost.seconds / cost.rounds;
}

double Race::next_round_seconds() const {
  double seconds = 0;
  for (const std::size_t i : active())
    if (outcome_.results[i].ok()) seconds += round_seconds(i);
  return seconds;
}

void Race::ask_oracle() {
  std::vector<std::pair<Workload, Answer>> known;
  std::vector<std::pair<Workload, std::string>> unknown;  // and why
  for (std::size_t i = 0; i < outcome_.results.size(); ++i) {
    const Workload& workload = outcome_.results[i].entrant.arm.workload;
    const auto seen = std::ranges::find(known, workload, &std::pair<Workload, Answer>::first);
    if (seen != known.end()) {
      outcome_.results[i].expected = seen->second;
      continue;
    }
    const auto asked =
        std::ranges::find(unknown, workload, &std::pair<Workload, std::string>::first);
    if (asked != unknown.end()) {
      attempt(i, std::nullopt, [&] { throw ArmFailed(asked->second); });
      continue;
    }
    progress_->show("computing the right answer", std::nullopt);
    attempt(i, std::nullopt, [&] {
      try {
        known.emplace_back(workload,
                           answer_of_process([&] { return experiment_.expected(workload); },
                                             options_.timeout * oracle_patience, interruption_));
      } catch (const ArmFailed& failed) {
        unknown.emplace_back(workload,
                             fmt::format("no right answer to compare with: {}", failed.what()));
        throw ArmFailed(unknown.back().second);
      }
      outcome_.results[i].expected = known.back().second;
    });
  }
}

/// New processes for all arms, before the first of them is timed: so each has rested, and no more
/// memory is taken than by one process an arm.
void Race::renew(int round) {
  for (auto& process : processes_) process.reset();
  for (const std::size_t i : active()) {
    show(fmt::format("warming up {}", outcome_.results[i].entrant.label), round, 0);
    attempt(i, round == 0 ? std::nullopt : std::optional(round), [&] { processes_[i] = start(i); });
  }
}

std::unique_ptr<ArmProcess> Race::start(std::size_t entrant) {
  Measured& result = outcome_.results[entrant];
  const std::uint64_t known_repeats = result.processes == 0 ? 0 : result.repeats;
  auto process = std::make_unique<ArmProcess>(
      [&] { return open_in_place(experiment_, result.entrant.arm); },
      options_.timeout * options_.timeout_factor, interruption_,
      other_program(entrant, known_repeats), known_repeats, options_.sample);
  result.repeats = process->repeats();
  ++result.processes;
  check(result, process->first_answer());
  return process;
}

ArmProcess::Exec Race::other_program(std::size_t entrant, std::uint64_t known_repeats) const {
  return program_of_arm(experiment_, outcome_.results[entrant].entrant.arm, entrant, known_repeats,
                        options_.words);
}

ArmProgram program_of_arm(const Experiment& experiment, const Arm& arm, std::size_t number,
                          std::uint64_t known_repeats, const std::vector<std::string>& words) {
  auto variables = experiment.variables(arm);
  if (words.empty() && !arm.environment.empty())
    throw std::invalid_argument("variables need a program that can be started again");
  variables.insert(arm.environment.begin(), arm.environment.end());
  const bool needs_ranks = !shares_memory(arm.executor);
  if ((variables.empty() && !needs_ranks) || words.empty()) return {};
  const auto become = [number, known_repeats, words, variables, needs_ranks](int socket) {
    std::vector<std::string> all = {needs_ranks ? "ranks" : "arm", fmt::to_string(socket),
                                    fmt::to_string(known_repeats), fmt::to_string(number)};
    all.insert(all.end(), words.begin(), words.end());
    try {
      start_again(all, variables);
    } catch (const std::system_error& error) {
      std::string wanted;
      for (const auto& [name, value] : variables) wanted += fmt::format(" {}={}", name, value);
      throw ArmFailed(fmt::format("{}; start parlab with{}", error.what(), wanted));
    }
  };
  return {become, needs_ranks ? rank_end_patience : std::chrono::seconds{0}};
}

void Race::check(Measured& result, const Answer& answer) const {
  result.answer = answer;
  bool is_correct = false;
  try {
    is_correct = experiment_.correct(result.entrant.arm.workload, answer, result.expected);
  } catch (const std::exception& error) {
    throw ArmFailed(
        fmt::format("answer that cannot be checked: {}: {}", told_answer(answer), error.what()));
  }
  if (!is_correct)
    throw ArmFailed(fmt::format("wrong answer: {} instead of {}", told_answer(answer),
                                told_answer(result.expected)));
}

void Race::run_round(int round) {
  outcome_.places.emplace_back();
  const auto order = round_order(active(), options_.order_seed, static_cast<std::uint64_t>(round));
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::size_t i = order[place];
    Measured& result = outcome_.results[i];
    show(fmt::format("round {} of {}{}", round + 1, options_.until_decided ? "at most " : "",
                     options_.rounds),
         round, static_cast<double>(place) / static_cast<double>(order.size()));
    attempt(i, round, [&] {
      Sample sample = take_sample(i);
      for (int retake = 0; retake < options_.max_retakes && may_take_again(result, sample);
           ++retake) {
        ++retaken_;
        ++result.retaken;
        Sample again = take_sample(i);
        if (!again.cold_seconds) again.cold_seconds = sample.cold_seconds;
        sample = std::move(again);
      }
      result.samples.push_back(std::move(sample));
      outcome_.places.back().push_back(i);
      ++costs_[i].rounds;
    });
  }
  double load = 0;
  if (getloadavg(&load, 1) == 1) outcome_.round_load.push_back(load);
}

Sample Race::take_sample(std::size_t entrant) {
  if (options_.isolation == Isolation::fresh) processes_[entrant] = start(entrant);
  const auto begin = Clock::now();
  const auto before = machine_.processor_time();
  Sample sample = processes_[entrant]->sample();
  const auto after = machine_.processor_time();
  const std::chrono::duration<double> elapsed = Clock::now() - begin;
  if (before && after && elapsed.count() > 0)
    sample.stolen = (after->steal_seconds - before->steal_seconds) / elapsed.count();
  if (options_.isolation == Isolation::fresh) processes_[entrant].reset();
  check(outcome_.results[entrant], sample.answer);
  return sample;
}

bool Race::may_take_again(const Measured& result, const Sample& sample) const {
  const auto rounds = static_cast<std::size_t>(goal_);
  return retaken_ < outcome_.results.size() * rounds / samples_a_retake &&
         result.waits_for_others &&
         is_disturbed(sample.waited, sample.stolen, result.entrant.arm.executor.workers);
}

void Race::show(const std::string& what, int round, double share) {
  std::optional<double> left;
  if (const double seconds = next_round_seconds(); seconds > 0)
    left = seconds * std::max(0.0, std::max(goal_, expected_rounds_) - round - share);
  progress_->show(remark_.empty() ? what : fmt::format("{}, {}", what, remark_), left);
}

/// Does `action` unless the arm is out; puts it out where it fails.
template <class Action>
void Race::attempt(std::size_t entrant, std::optional<int> round, const Action& action) {
  Measured& result = outcome_.results[entrant];
  if (result.failure) return;
  const auto begin = Clock::now();
  try {
    action();
  } catch (const ArmFailed& failed) {
    result.failure = Failure{failed.what(), round};
    processes_[entrant].reset();
  }
  costs_[entrant].seconds += seconds_since(begin);
}

std::vector<double> Measured::seconds() const {
  std::vector<double> seconds;
  for (const Sample& sample : samples) seconds.push_back(sample.seconds);
  return seconds;
}

std::vector<std::optional<double>> Measured::compared() const {
  std::vector<std::optional<double>> values;
  for (const Sample& sample : samples) values.push_back(metric.value(sample));
  return values;
}

std::vector<double> Measured::compared_values() const {
  std::vector<double> values;
  for (const Sample& sample : samples)
    if (const auto value = metric.value(sample)) values.push_back(*value);
  return values;
}

bool RaceOutcome::ok() const { return std::ranges::all_of(results, &Measured::ok); }

RaceOutcome run_race(const Experiment& experiment, std::vector<Entrant> entrants,
                     const RaceOptions& options) {
  const InterruptionGuard interruption;
  Race race(experiment, std::move(entrants), options, interruption);
  race.run_to(options.rounds);
  return race.outcome();
}

}  // namespace parlab
