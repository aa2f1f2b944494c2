#include "experiments/measure/race_verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "experiments/measure/json_text.hpp"

namespace parlab {
namespace {

Comparison compare(const Measured& base, const Measured& arm, double alpha, double guard = 0) {
  return parlab::compare(base.seconds(), arm.seconds(), {.alpha = alpha, .guard = guard});
}

/// Whether two results can be compared: both have a sample for every round.
bool comparable(const Measured& a, const Measured& b) {
  return a.ok() && b.ok() && !a.samples.empty() && a.samples.size() == b.samples.size();
}

/// Groups by name, in the order of the race, with the indices of their results.
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

std::vector<Guard> guards_of(const std::vector<Measured>& results, double alpha) {
  std::vector<Guard> guards;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::size_t baseline = results[i].entrant.baseline;
    if (results[i].entrant.role != Role::baseline_again ||
        !comparable(results[baseline], results[i]))
      continue;
    const Comparison again = compare(results[baseline], results[i], alpha);
    guards.push_back({baseline, i, again, guard_of(again)});
  }
  return guards;
}

/// By how much the intervals of a baseline's group are widened.
double width_of(const std::vector<Guard>& guards, std::size_t baseline) {
  const auto guard = std::ranges::find(guards, baseline, &Guard::baseline);
  return guard == guards.end() ? 0 : guard->width;
}

std::vector<std::vector<double>> seconds_of(const std::vector<Measured>& results,
                                            const std::vector<std::size_t>& chosen) {
  std::vector<std::vector<double>> seconds;
  for (const std::size_t i : chosen) seconds.push_back(results[i].seconds());
  return seconds;
}

/// An arm's identity but for its size, and for the grain that follows from it.
std::string line_of(const Measured& result) {
  const Case& what = result.entrant.arm.what;
  return fmt::format("{}|{}|{}|{}|{}|{}", what.kernel, what.variant, what.algorithm,
                     json_line(what.parameters), result.entrant.arm.who.label(),
                     result.entrant.arm.who.workers);
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
  const auto size_of = [&](std::size_t i) { return results[i].entrant.arm.what.size; };
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
    // Three sizes, each once (a sweep of grains at one size is no line), or there is no line to
    // see.
    if (sizes.size() < 3 || std::ranges::adjacent_find(sizes) != sizes.end()) continue;
    const auto cost = fit_linear_cost(sizes, seconds_of(results, chosen), alpha);
    if (!cost) continue;
    CostModel model{chosen, *cost, {}, std::nullopt};
    const bool has_serial = std::ranges::all_of(chosen, [&](std::size_t i) {
      return comparable(results[results[i].entrant.baseline], results[i]);
    });
    if (serial != chosen && has_serial) {
      model.serial = serial;
      model.break_even =
          break_even_size(sizes, seconds_of(results, serial), seconds_of(results, chosen), alpha);
    }
    models.push_back(std::move(model));
  }
  return models;
}

/// What tells one choice from another in a sentence: another schedule of the same backend is no
/// rival, unless there is nothing else to choose between.
std::string choice_of(const Measured& result) {
  const Case& what = result.entrant.arm.what;
  return what.variant + "|" + what.algorithm + "|" + result.entrant.arm.who.backend;
}

std::string percent(double fraction) { return fmt::format("{:.0f} %", fraction * 100); }

/// Three significant digits and no power of ten: "1.97", "0.023", "514000".
std::string figure(double value) {
  if (value < 100) return fmt::format("{:.3g}", value);
  const double unit = std::pow(10, std::floor(std::log10(value)) - 2);
  return fmt::format("{:.0f}", std::round(value / unit) * unit);
}

/// A question mark for an end that the rounds are too few to bound.
std::string range(double low, double high) {
  return fmt::format("[{}, {}]", low > 0 ? figure(low) : "?",
                     std::isfinite(high) ? figure(high) : "?");
}

std::string sentence_of(const std::string& subject, const Measured& arm, const Measured& base,
                        const Comparison& c) {
  const std::string& a = arm.entrant.spoken;
  const std::string& b = base.entrant.spoken;
  const std::string speed = figure(c.ratio) + "x " + range(c.interval.low, c.interval.high);
  switch (c.verdict) {
    case Verdict::faster:
      return fmt::format("{} {} is {} {}", subject, a, speed, b);
    case Verdict::slower:
      return fmt::format("{} {} takes {}x {} the time of {}", subject, a, figure(1 / c.ratio),
                         range(1 / c.interval.high, 1 / c.interval.low), b);
    case Verdict::equivalent:
      return fmt::format("{} {} against {}: equivalent within {}, {}", subject, a, b,
                         percent(margin), speed);
    case Verdict::differs:
      return fmt::format("{} {} against {}: differs, but perhaps by less than {}, {}", subject, a,
                         b, percent(margin), speed);
    case Verdict::not_resolved:
      return fmt::format("{} {} against {}: not resolved, {}; more rounds may tell", subject, a, b,
                         speed);
    case Verdict::too_few_rounds:
      return fmt::format("{} {} against {} gave {}, {}; ask for more with --rounds", subject, a, b,
                         speed, reason_of(c));
  }
  throw std::invalid_argument("not a verdict");
}

}  // namespace

RaceVerdicts judge(const std::vector<Measured>& results, double alpha) {
  RaceVerdicts verdicts;
  verdicts.guards = guards_of(results, alpha);
  const auto against = [&](std::size_t other, std::size_t i) {
    const double guard = width_of(verdicts.guards, results[i].entrant.baseline);
    return Against{other, compare(results[other], results[i], alpha, guard)};
  };
  verdicts.against_baseline.resize(results.size());
  verdicts.against_best.resize(results.size());
  for (const auto& group : groups_of(results)) {
    std::optional<std::size_t> best;
    double best_ratio = 0;
    for (const std::size_t i : group) {
      const Measured& base = results[results[i].entrant.baseline];
      if (!comparable(base, results[i])) continue;
      if (results[i].entrant.arm.what.paced) continue;
      if (results[i].entrant.role != Role::baseline)
        verdicts.against_baseline[i] = against(results[i].entrant.baseline, i);
      if (results[i].entrant.role == Role::baseline_again) continue;
      const double ratio = compare(base, results[i], alpha).ratio;
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

std::vector<ResultPair> baseline_pairs(const std::vector<Measured>& results,
                                       const RaceVerdicts& verdicts) {
  std::vector<ResultPair> pairs;
  for (std::size_t i = 0; i < results.size(); ++i)
    if (verdicts.against_baseline[i] && results[i].entrant.role == Role::arm)
      pairs.emplace_back(i, verdicts.against_baseline[i]->other);
  return pairs;
}

std::vector<Remark> remarks(const Experiment& experiment, const std::vector<Measured>& results) {
  std::vector<Remark> all;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].ok() || results[i].entrant.role == Role::baseline_again) continue;
    std::vector<nlohmann::json> rounds;
    for (const Sample& sample : results[i].samples) rounds.push_back(sample.metrics);
    try {
      std::string sentence = experiment.remark(results[i].entrant.arm.what, rounds);
      if (!sentence.empty()) all.push_back({i, std::move(sentence)});
    } catch (const nlohmann::json::exception&) {  // an arm that gave other numbers has no sentence
    }
  }
  return all;
}

std::vector<ResultPair> headline_pairs(const Experiment& experiment,
                                       const std::vector<Measured>& results,
                                       const RaceVerdicts& verdicts) {
  std::vector<ResultPair> pairs = baseline_pairs(results, verdicts);
  std::erase_if(pairs, [&](const ResultPair& pair) {
    return !experiment.each_has_headline(results[pair.first].entrant.arm.what);
  });
  if (!pairs.empty() || results.empty()) return pairs;
  // The largest size: what is said of the smaller ones stands in the tables and models.
  const auto groups = groups_of(results);
  const auto& group = *std::ranges::max_element(
      groups, {}, [&](const auto& g) { return results[g.front()].entrant.arm.what.size; });
  std::optional<std::size_t> best;
  std::optional<std::size_t> rival;
  for (const std::size_t i : group)
    if (verdicts.against_best[i]) best = verdicts.against_best[i]->other;
  if (!best) return pairs;
  const std::size_t baseline = results[*best].entrant.baseline;
  if (*best != baseline) pairs.emplace_back(*best, baseline);
  for (const std::size_t i : group) {
    if (!verdicts.against_best[i] || i == baseline ||
        choice_of(results[i]) == choice_of(results[*best]))
      continue;
    if (!rival || verdicts.against_best[i]->comparison.ratio >
                      verdicts.against_best[*rival]->comparison.ratio)
      rival = i;
  }
  if (rival) pairs.emplace_back(*rival, *best);
  return pairs;
}

std::vector<std::vector<Headline>> headlines(const std::vector<RaceInFamily>& races, double alpha) {
  struct Place {
    std::size_t race, result, against;
  };
  std::vector<Place> places;
  std::vector<std::vector<double>> seconds;
  std::vector<double> guards;
  for (std::size_t race = 0; race < races.size(); ++race) {
    for (const auto& [result, against] : races[race].pairs) {
      places.push_back({race, result, against});
      guards.push_back(
          width_of(races[race].verdicts->guards, (*races[race].results)[result].entrant.baseline));
      seconds.push_back((*races[race].results)[against].seconds());
      seconds.push_back((*races[race].results)[result].seconds());
    }
  }
  std::vector<Pair> family;
  for (std::size_t i = 0; i < guards.size(); ++i)
    family.push_back({seconds[2 * i], seconds[2 * i + 1], guards[i]});
  const std::vector<Comparison> comparisons = compare_family(family, alpha);

  std::vector<std::vector<Headline>> all(races.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& [race, result, against] = places[i];
    const auto& results = *races[race].results;
    const std::string subject = races[race].experiment->subject(results[result].entrant.arm.what);
    all[race].push_back({result, against, comparisons[i],
                         sentence_of(subject, results[result], results[against], comparisons[i])});
  }
  return all;
}

}  // namespace parlab
