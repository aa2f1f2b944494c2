#include "experiments/measure/verdicts/open_questions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "experiments/measure/verdicts/anytime_interval.hpp"

namespace parlab {
namespace {

/// A sentence is read more than a row of a table.
constexpr double headline_worth = 10;

/// Relative entropy of a coin of bias q to a fair one, in nats.
double entropy_to_fair(double q) { return q * std::log(2 * q) + (1 - q) * std::log(2 * (1 - q)); }

/// What a race of so many rounds gains by going on to its next look, for one comparison.
double worth(int rounds, double needed) {
  return std::pow(std::min(1.0, next_look(rounds) / needed), 2);
}

/// Gathers what is open.
class Gathering {
 public:
  Gathering(const std::vector<Measured>& results, const std::vector<bool>& retired)
      : results_(results), retired_(retired) {
    open_.needed.resize(results.size());
  }

  /// Whether the comparison was open and rounds of both can be had.
  bool add(std::size_t base, std::size_t arm, const Comparison& comparison, double weight) {
    if (!is_open(comparison)) return false;
    return add_open(
        base, arm, comparison, weight,
        rounds_to_decide(differences(results_[base], results_[arm]), rule_of(comparison)));
  }

  void add_limit(const LimitFinding& finding, const SlowdownLimit& limit) {
    if (finding.side != LimitSide::open) return;
    const std::size_t base = results_[finding.result].entrant.baseline;
    const double needed =
        rounds_to_decide_side(differences(results_[base], results_[finding.result]),
                              rule_of(finding.comparison), std::log(limit.ratio()));
    open_.limits +=
        add_open(base, finding.result, finding.comparison, headline_worth, needed) ? 1 : 0;
  }

  void add_row(std::size_t base, std::size_t arm, const Comparison& comparison) {
    open_.rows += add(base, arm, comparison, 1) ? 1 : 0;
  }

  bool add_headline(const Headline& headline) {
    const bool added =
        add(headline.pair.against, headline.pair.result, headline.comparison, headline_worth);
    open_.headlines += added ? 1 : 0;
    return added;
  }

  void need(std::size_t i) {
    if (!retired_[i]) open_.needed[i] = true;
  }

  /// With the baselines of all that is needed, and their twins.
  OpenQuestions result() && {
    for (std::size_t i = 0; i < results_.size(); ++i)
      if (open_.needed[i]) need(results_[i].entrant.baseline);
    for (std::size_t i = 0; i < results_.size(); ++i)
      if (results_[i].entrant.role == Role::baseline_again &&
          open_.needed[results_[i].entrant.baseline])
        need(i);
    return std::move(open_);
  }

 private:
  static Rule rule_of(const Comparison& comparison) {
    return {.alpha = 1 - comparison.confidence,
            .guard = std::log(comparison.guard),
            .block = comparison.block};
  }

  bool add_open(std::size_t base, std::size_t arm, const Comparison& comparison, double weight,
                double needed) {
    if (retired_[base] || retired_[arm]) return false;
    open_.value += weight * worth(comparison.rounds_taken, needed);
    open_.rounds = std::max(open_.rounds, needed);
    need(base);
    need(arm);
    return true;
  }

  const std::vector<Measured>& results_;
  const std::vector<bool>& retired_;
  OpenQuestions open_;
};

}  // namespace

namespace {

/// Of the differences for which something holds, drawn towards a half where they are few.
double share(const std::vector<double>& differences, const auto& holds) {
  const auto count = static_cast<double>(std::ranges::count_if(differences, holds));
  return (count + 0.5) / (static_cast<double>(differences.size()) + 1);
}

/// Rounds after which so many, a share of them, lean far enough to one side.
double rounds_by_share(double leaning, double rounds, const Rule& rule) {
  if (leaning <= 0.5) return std::numeric_limits<double>::infinity();
  // ln M of so many coins of this bias, by its leading terms, reaches ln(1 / alpha).
  const double evidence = -std::log(rule.alpha) + std::log(std::numbers::pi * rounds) / 2;
  return std::max(rounds + 1, rule.block * evidence / entropy_to_fair(leaning));
}

}  // namespace

double rounds_to_decide(const std::vector<double>& differences, const Rule& rule) {
  const double edge = std::log1p(margin);
  const double above = share(differences, [&](double d) { return d - rule.guard > edge; });
  const double below = share(differences, [&](double d) { return d + rule.guard < -edge; });
  const double within =
      std::min(share(differences, [&](double d) { return d - rule.guard > -edge; }),
               share(differences, [&](double d) { return d + rule.guard < edge; }));
  return rounds_by_share(std::max({above, below, within}), static_cast<double>(differences.size()),
                         rule);
}

double rounds_to_decide_side(const std::vector<double>& differences, const Rule& rule,
                             double edge) {
  const double above = share(differences, [&](double d) { return d - rule.guard >= edge; });
  const double below = share(differences, [&](double d) { return d + rule.guard < edge; });
  return rounds_by_share(std::max(above, below), static_cast<double>(differences.size()), rule);
}

OpenQuestions open_questions(const std::vector<Measured>& results, const std::vector<bool>& retired,
                             const RaceVerdicts& verdicts, const std::vector<Headline>& headlines,
                             const std::vector<LimitFinding>& limits, const SlowdownLimit& limit) {
  Gathering open(results, retired);
  for (const LimitFinding& finding : limits) open.add_limit(finding, limit);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (const auto& against = verdicts.against_baseline[i];
        against && results[i].entrant.role == Role::arm)
      open.add_row(against->other, i, against->comparison);
  for (const Headline& headline : headlines) {
    if (!open.add_headline(headline) || headline.pair.choices <= 1) continue;
    // It may turn out to be about another: all that are not told to be slower than the best.
    const double level = 1 - headline.comparison.confidence;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto& against = verdicts.against_best[i];
      if (results[i].entrant.group != results[headline.pair.result].entrant.group || !against)
        continue;
      const bool is_out =
          against->comparison.verdict == Verdict::slower && against->comparison.p <= level;
      if (!is_out) open.need(i);
    }
  }
  return std::move(open).result();
}

}  // namespace parlab
