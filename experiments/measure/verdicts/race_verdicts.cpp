#include "experiments/measure/verdicts/race_verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>

#include "experiments/base/json_text.hpp"
#include "experiments/measure/verdicts/dependence.hpp"

namespace parlab {
namespace {

/// Times, or what else is compared, of the rounds that tell it of all of them: those that retired
/// sooner have the first ones.
std::vector<std::vector<double>> common_values(const std::vector<const Measured*>& chosen) {
  std::size_t rounds = std::numeric_limits<std::size_t>::max();
  std::vector<std::vector<std::optional<double>>> told;
  for (const Measured* result : chosen) {
    told.push_back(result->compared());
    rounds = std::min(rounds, told.back().size());
  }
  std::vector<std::vector<double>> values(chosen.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    if (!std::ranges::all_of(told, [&](const auto& of) { return of[round].has_value(); })) continue;
    for (std::size_t i = 0; i < chosen.size(); ++i) values[i].push_back(*told[i][round]);
  }
  return values;
}

/// Whether two results can be compared: some round tells of both.
bool comparable(const Measured& a, const Measured& b) {
  return a.ok() && b.ok() && !common_values({&a, &b}).front().empty();
}

/// A baseline against itself. Where its rounds depend on each other and are too few for blocks, round
/// by round: that interval is narrower than it should be, so that it guards the more.
Comparison against_itself(const Measured& base, const Measured& again, double alpha,
                          double dependence) {
  const Comparison blocked = compare(base, again, {.alpha = alpha}, dependence);
  if (blocked.verdict != Verdict::too_few_rounds || blocked.block == 1) return blocked;
  return judge_differences(differences(base, again), {.alpha = alpha});
}

std::vector<Guard> guards_of(const std::vector<Measured>& results, double alpha,
                             double dependence) {
  std::vector<Guard> guards;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::size_t baseline = results[i].entrant.baseline;
    if (results[i].entrant.role != Role::baseline_again ||
        !comparable(results[baseline], results[i]))
      continue;
    const Comparison again = against_itself(results[baseline], results[i], alpha, dependence);
    guards.push_back({baseline, i, again, guard_of(again)});
  }
  return guards;
}

/// All pairs of the race that are compared with a baseline.
double dependence_of(const std::vector<Measured>& results) {
  std::map<std::size_t, PairsOfABaseline> pairs;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Entrant& entrant = results[i].entrant;
    if (entrant.role == Role::baseline || entrant.arm.workload.externally_timed) continue;
    if (comparable(results[entrant.baseline], results[i]))
      pairs[entrant.baseline].push_back(differences(results[entrant.baseline], results[i]));
  }
  std::vector<PairsOfABaseline> groups;
  for (auto& [baseline, of_it] : pairs) groups.push_back(std::move(of_it));
  return pooled_dependence(groups);
}

std::optional<double> median_of(const Measured& result, std::optional<double> Sample::*number) {
  std::vector<double> known;
  for (const Sample& sample : result.samples)
    if (sample.*number) known.push_back(*(sample.*number));
  return known.empty() ? std::nullopt : std::optional(median(std::move(known)));
}

/// An arm's identity but for its size, and for the grain that follows from it.
std::string line_of(const Measured& result) {
  const Arm& arm = result.entrant.arm;
  const Workload& workload = arm.workload;
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", workload.kernel, workload.variant,
                     workload.algorithm, json_line(workload.parameters), arm.executor.label(),
                     arm.executor.workers, json_line(arm.environment), placement_name(arm.pin));
}

std::vector<const Measured*> pointers_to(const std::vector<Measured>& results,
                                         const std::vector<std::size_t>& chosen) {
  std::vector<const Measured*> pointers;
  for (const std::size_t i : chosen) pointers.push_back(&results[i]);
  return pointers;
}

std::vector<CostModel> models_of(const std::vector<Measured>& results, double alpha) {
  std::map<std::string, std::vector<std::size_t>> lines;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].entrant.role == Role::baseline_again || !results[i].ok()) continue;
    const std::string line = line_of(results[i]);
    if (!lines.contains(line)) order.push_back(line);
    lines[line].push_back(i);
  }
  const auto size_of = [&](std::size_t i) { return results[i].entrant.arm.workload.size; };
  std::vector<CostModel> models;
  for (const std::string& line : order) {
    std::vector<std::size_t> chosen = lines[line];
    std::ranges::sort(chosen, {}, size_of);
    std::vector<std::uint64_t> sizes;
    std::vector<std::size_t> serial;
    for (const std::size_t i : chosen) {
      sizes.push_back(size_of(i));
      serial.push_back(results[i].entrant.baseline);
    }
    // Three sizes, each once (a sweep of grains at one size is not a line), or there is no line to
    // see.
    if (sizes.size() < 3 || std::ranges::adjacent_find(sizes) != sizes.end()) continue;
    const auto values = common_values(pointers_to(results, chosen));
    if (values.front().empty()) continue;
    const auto cost = fit_linear_cost(sizes, values, alpha);
    if (!cost) continue;
    CostModel model{chosen, *cost, {}, {}};
    const bool has_serial = std::ranges::all_of(chosen, [&](std::size_t i) {
      return comparable(results[results[i].entrant.baseline], results[i]);
    });
    if (serial != chosen && has_serial) {
      model.serial = serial;
      auto both = pointers_to(results, serial);
      std::ranges::copy(pointers_to(results, chosen), std::back_inserter(both));
      const auto seconds = common_values(both);
      const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(serial.size());
      model.break_even =
          break_even_size(sizes, {seconds.begin(), middle}, {middle, seconds.end()}, alpha);
    }
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace

std::vector<std::vector<std::size_t>> groups_of(const std::vector<Measured>& results) {
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto [group, is_new] = place.try_emplace(results[i].entrant.group, groups.size());
    if (is_new) groups.emplace_back();
    groups[group->second].push_back(i);
  }
  return groups;
}

std::optional<double> waited(const Measured& result) { return median_of(result, &Sample::waited); }

std::optional<double> stolen(const Measured& result) { return median_of(result, &Sample::stolen); }

std::optional<double> load_seconds(const Measured& result) {
  const Arm& arm = result.entrant.arm;
  if (arm.workload.loads_per_run == 0 || result.samples.empty()) return std::nullopt;
  return median(result.seconds()) * arm.executor.workers / arm.workload.loads_per_run;
}

double processors_had(const Measured& result) {
  const double workers = result.entrant.arm.executor.workers;
  // The thread that waits may be the arm's or the other program's: the arm lost at most all of it.
  const double lost = waited(result).value_or(0) * workers + stolen(result).value_or(0);
  std::vector<double> used;
  for (const Sample& sample : result.samples)
    if (sample.seconds > 0) used.push_back(sample.cpu_seconds / sample.seconds);
  const double ran_on = used.empty() ? 0 : median(std::move(used));
  return std::clamp(std::max(ran_on, workers - lost), 0.0, workers);
}

bool beside_load(const Measured& result) {
  return result.waits_for_others &&
         is_disturbed(waited(result), stolen(result), result.entrant.arm.executor.workers);
}

std::vector<double> differences(const Measured& base, const Measured& arm) {
  const auto seconds = common_values({&base, &arm});
  return paired_differences(seconds[0], seconds[1]);
}

Comparison compare(const Measured& base, const Measured& arm, const Rule& rule, double dependence) {
  const auto seconds = common_values({&base, &arm});
  Comparison comparison = compare(seconds[0], seconds[1], rule, dependence);
  comparison.beside_load = beside_load(base) || beside_load(arm);
  return comparison;
}

double width_of(const std::vector<Guard>& guards, std::size_t baseline) {
  const auto guard = std::ranges::find(guards, baseline, &Guard::baseline);
  return guard == guards.end() ? 0 : guard->width;
}

RaceVerdicts judge(const std::vector<Measured>& results, double alpha) {
  RaceVerdicts verdicts;
  verdicts.dependence = dependence_of(results);
  verdicts.guards = guards_of(results, alpha, verdicts.dependence);
  const auto against = [&](std::size_t other, std::size_t i) {
    const double guard = width_of(verdicts.guards, results[i].entrant.baseline);
    return Against{other, compare(results[other], results[i], {.alpha = alpha, .guard = guard},
                                  verdicts.dependence)};
  };
  verdicts.against_baseline.resize(results.size());
  verdicts.against_best.resize(results.size());
  for (const auto& group : groups_of(results)) {
    std::optional<std::size_t> best;
    double best_ratio = 0;
    for (const std::size_t i : group) {
      const Measured& base = results[results[i].entrant.baseline];
      if (!comparable(base, results[i])) continue;
      if (results[i].entrant.arm.workload.externally_timed) continue;
      if (results[i].entrant.role != Role::baseline)
        verdicts.against_baseline[i] = against(results[i].entrant.baseline, i);
      if (results[i].entrant.role == Role::baseline_again) continue;
      const double ratio = compare(base, results[i], {.alpha = alpha}, verdicts.dependence).ratio;
      if (ratio > best_ratio) {
        best = i;
        best_ratio = ratio;
      }
    }
    for (const std::size_t i : group)
      if (best && i != *best && results[i].entrant.role != Role::baseline_again &&
          comparable(results[*best], results[i]))
        verdicts.against_best[i] = against(*best, i);
  }
  verdicts.models = models_of(results, alpha);
  return verdicts;
}

std::vector<Remark> remarks(const Experiment& experiment, const std::vector<Measured>& results) {
  std::vector<Remark> all;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].ok() || results[i].entrant.role == Role::baseline_again) continue;
    std::vector<nlohmann::json> rounds;
    for (const Sample& sample : results[i].samples) rounds.push_back(sample.metrics);
    try {
      std::string sentence = experiment.remark(results[i].entrant.arm.workload, rounds);
      if (!sentence.empty()) all.push_back({i, std::move(sentence)});
    } catch (const nlohmann::json::exception&) {  // an arm that gave other numbers has no sentence
    }
  }
  return all;
}

}  // namespace parlab
