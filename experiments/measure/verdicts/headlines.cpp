#include "experiments/measure/verdicts/headlines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "experiments/measure/verdicts/anytime_interval.hpp"

namespace parlab {
namespace {

/// What tells one choice from another in a sentence: another schedule of the same backend is not a
/// rival, unless there is nothing else to choose between.
std::string choice_of(const Measured& result) {
  const Workload& workload = result.entrant.arm.workload;
  const Arm& arm = result.entrant.arm;
  return fmt::format("{}|{}|{}|{}|{}", workload.variant, workload.algorithm, arm.executor.backend,
                     fmt::join(arm.environment, " "), placement_name(arm.pin));
}

/// Results of the group that headlines are chosen from: the largest size. What is said of the
/// smaller ones stands in the tables and models.
std::vector<std::size_t> group_with_headlines(const std::vector<Measured>& results) {
  const auto groups = groups_of(results);
  return *std::ranges::max_element(
      groups, {}, [&](const auto& g) { return results[g.front()].entrant.arm.workload.size; });
}

/// Arms of a group that its best is chosen among, the baseline aside.
int choices_in(const std::vector<Measured>& results, const std::vector<std::size_t>& group) {
  return static_cast<int>(std::ranges::count_if(group, [&](std::size_t i) {
    return results[i].entrant.role == Role::arm &&
           !results[i].entrant.arm.workload.externally_timed;
  }));
}

/// Arms whose headlines the experiment asks for.
int asked_for(const Experiment& experiment, const std::vector<Measured>& results) {
  return static_cast<int>(std::ranges::count_if(results, [&](const Measured& result) {
    const Entrant& entrant = result.entrant;
    return entrant.role == Role::arm && !entrant.arm.workload.externally_timed &&
           experiment.each_has_headline(entrant.arm.workload);
  }));
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

std::string claim_of(const std::string& subject, const std::string& quantity, const Measured& arm,
                     const Measured& base, const Comparison& c) {
  const std::string& a = arm.entrant.spoken;
  const std::string& b = base.entrant.spoken;
  const std::string speed = figure(c.ratio) + "x " + range(c.interval.low, c.interval.high);
  switch (c.verdict) {
    case Verdict::faster:
      if (quantity != "time") break;
      return fmt::format("{} {} is {} {}", subject, a, speed, b);
    case Verdict::slower:
      break;
    case Verdict::equivalent:
      return fmt::format("{} {} against {}: equivalent within {}, {}", subject, a, b,
                         percent(margin), speed);
    case Verdict::differs:
      return fmt::format("{} {} against {}: differs, but perhaps by less than {}, {}", subject, a,
                         b, percent(margin), speed);
    case Verdict::not_resolved:
      return fmt::format("{} {} against {}: not resolved, {}; would have detected {} or more",
                         subject, a, b, speed, difference_text(c.tells));
    case Verdict::too_few_rounds:
      return fmt::format("{} {} against {} gave {}, {}; ask for more with --rounds", subject, a, b,
                         speed, reason_of(c));
  }
  return fmt::format("{} {} takes {}x {} the {} of {}", subject, a, figure(1 / c.ratio),
                     range(1 / c.interval.high, 1 / c.interval.low), quantity, b);
}

std::string sentence_of(const std::string& subject, const std::string& quantity,
                        const Measured& arm, const Measured& base, const Comparison& c) {
  return claim_of(subject, quantity, arm, base, c) + (c.beside_load ? " (beside load)" : "");
}

}  // namespace

std::vector<HeadlinePair> baseline_pairs(const std::vector<Measured>& results,
                                         const RaceVerdicts& verdicts) {
  std::vector<HeadlinePair> pairs;
  for (std::size_t i = 0; i < results.size(); ++i)
    if (verdicts.against_baseline[i] && results[i].entrant.role == Role::arm)
      pairs.push_back({i, verdicts.against_baseline[i]->other});
  return pairs;
}

int planned_baseline_pairs(const std::vector<Measured>& results) {
  std::vector<std::size_t> all(results.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return choices_in(results, all);
}

HeadlinePlan planned_headlines(const Experiment& experiment, const std::vector<Measured>& results,
                               int rounds) {
  if (const int asked = asked_for(experiment, results); asked > 0 || results.empty())
    return {.sentences = asked, .choices = 1, .rounds = rounds};
  const int choices = choices_in(results, group_with_headlines(results));
  return {.sentences = std::min(choices, 2), .choices = choices, .rounds = rounds};
}

std::vector<bool> with_headlines(const std::vector<HeadlinePlan>& plans, double alpha) {
  std::vector<bool> kept;
  for (const HeadlinePlan& plan : plans) kept.push_back(plan.sentences > 0);
  for (;;) {
    int sentences = 0;
    for (std::size_t i = 0; i < plans.size(); ++i)
      if (kept[i]) sentences += plans[i].sentences;
    // Of those that fall short, the one by most: with fewer sentences the others may do.
    std::optional<std::size_t> shortest;
    int max_missing = 0;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (!kept[i]) continue;
      const double level = alpha / (static_cast<double>(sentences) * plans[i].choices);
      const int missing = static_cast<int>(rounds_for_interval(level)) - plans[i].rounds;
      if (missing <= max_missing) continue;
      max_missing = missing;
      shortest = i;
    }
    if (!shortest) return kept;
    kept[*shortest] = false;
  }
}

std::vector<HeadlinePair> headline_pairs(const Experiment& experiment,
                                         const std::vector<Measured>& results,
                                         const RaceVerdicts& verdicts) {
  std::vector<HeadlinePair> pairs;
  if (results.empty()) return pairs;
  if (asked_for(experiment, results) > 0) {
    pairs = baseline_pairs(results, verdicts);
    std::erase_if(pairs, [&](const HeadlinePair& pair) {
      return !experiment.each_has_headline(results[pair.result].entrant.arm.workload);
    });
    return pairs;
  }
  const auto group = group_with_headlines(results);
  const int choices = choices_in(results, group);
  std::optional<std::size_t> best;
  std::optional<std::size_t> rival;
  for (const std::size_t i : group)
    if (verdicts.against_best[i]) best = verdicts.against_best[i]->other;
  if (!best) return pairs;
  const std::size_t baseline = results[*best].entrant.baseline;
  if (*best != baseline) pairs.push_back({*best, baseline, choices});
  for (const std::size_t i : group) {
    if (!verdicts.against_best[i] || i == baseline ||
        choice_of(results[i]) == choice_of(results[*best]))
      continue;
    if (!rival || verdicts.against_best[i]->comparison.ratio >
                      verdicts.against_best[*rival]->comparison.ratio)
      rival = i;
  }
  if (rival) pairs.push_back({*rival, *best, choices});
  return pairs;
}

std::vector<Headline> headlines(const Experiment& experiment, const std::vector<Measured>& results,
                                const RaceVerdicts& verdicts,
                                const std::vector<HeadlinePair>& pairs, int sentences,
                                double alpha) {
  if (static_cast<std::size_t>(sentences) < pairs.size())
    throw std::invalid_argument("more sentences than were planned");
  std::vector<Headline> all;
  for (const HeadlinePair& pair : pairs) {
    const Measured& arm = results[pair.result];
    const Measured& base = results[pair.against];
    const Comparison comparison =
        compare(base, arm,
                {.alpha = alpha / (static_cast<double>(sentences) * pair.choices),
                 .guard = width_of(verdicts.guards, arm.entrant.baseline)},
                verdicts.dependence);
    all.push_back(
        {pair, comparison,
         sentence_of(experiment.subject(arm.entrant.arm.workload),
                     quantity_of(arm.metric, experiment.quantity()), arm, base, comparison)});
  }
  return all;
}

}  // namespace parlab
