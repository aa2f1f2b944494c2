#include "experiments/measure/verdicts/open_questions.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>

#include "experiments/measure/verdicts/anytime_interval.hpp"

namespace parlab {
namespace {

/// A sentence is read more than a row of a table.
constexpr double headline_worth = 10;

/// Relative entropy of a coin of bias q to a fair one, in nats.
double entropy_to_fair(double q) {
  if (q >= 1) return std::numbers::ln2;
  return q * std::log(2 * q) + (1 - q) * std::log(2 * (1 - q));
}

/// What a race of so many rounds gains by going on to its next look, for one comparison.
double worth(int rounds, double needed) {
  return std::pow(std::min(1.0, next_look(rounds) / needed), 2);
}

/// Makes `questions` those that are pursued.
void pursue(OpenQuestions& open, std::vector<OpenQuestion> questions, std::size_t results) {
  open.needed.assign(results, false);
  open.value = open.rounds = 0;
  for (const OpenQuestion& question : questions) {
    for (const std::size_t i : question.arms) open.needed[i] = true;
    open.value += question.value;
    open.rounds = std::max(open.rounds, question.rounds);
  }
  open.questions = std::move(questions);
}

/// Gathers what is open.
class Gathering {
 public:
  Gathering(const std::vector<Measured>& results, const std::vector<bool>& retired)
      : results_(results), retired_(retired) {}

  /// The question where the comparison is open and rounds of both can be had.
  OpenQuestion* add(std::size_t base, std::size_t arm, const Comparison& comparison,
                    double weight) {
    if (!is_open(comparison)) return nullptr;
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
    if (add_open(base, finding.result, finding.comparison, headline_worth, needed)) ++open_.limits;
  }

  void add_row(std::size_t base, std::size_t arm, const Comparison& comparison) {
    if (add(base, arm, comparison, 1)) ++open_.rows;
  }

  OpenQuestion* add_headline(const Headline& headline) {
    OpenQuestion* const added =
        add(headline.pair.against, headline.pair.result, headline.comparison, headline_worth);
    if (added) ++open_.headlines;
    return added;
  }

  /// With its baseline, and the twin of that.
  void need(OpenQuestion& question, std::size_t i) const {
    if (retired_[i] || std::ranges::find(question.arms, i) != question.arms.end()) return;
    question.arms.push_back(i);
    const std::size_t base = results_[i].entrant.baseline;
    if (base != i) need(question, base);
    for (std::size_t twin = 0; twin < results_.size(); ++twin)
      if (results_[twin].entrant.role == Role::baseline_again &&
          results_[twin].entrant.baseline == i)
        need(question, twin);
  }

  OpenQuestions result() && {
    pursue(open_, open_.questions, results_.size());
    return std::move(open_);
  }

 private:
  static Rule rule_of(const Comparison& comparison) {
    return {.alpha = 1 - comparison.confidence,
            .guard = std::log(comparison.guard),
            .block = comparison.block};
  }

  OpenQuestion* add_open(std::size_t base, std::size_t arm, const Comparison& comparison,
                         double weight, double needed) {
    if (retired_[base] || retired_[arm]) return nullptr;
    OpenQuestion& question = open_.questions.emplace_back();
    question.value = weight * worth(comparison.rounds_taken, needed);
    question.rounds = needed;
    question.earliest = comparison.rounds_needed;
    need(question, base);
    need(question, arm);
    return &question;
  }

  const std::vector<Measured>& results_;
  const std::vector<bool>& retired_;
  OpenQuestions open_;
};

/// Whether in three of four rounds or more it was slower than the best by more than what matters.
bool falls_behind(const Measured& best, const Measured& arm) {
  const std::vector<double> speedups = differences(best, arm);
  const auto behind =
      std::ranges::count_if(speedups, [](double d) { return d < -std::log1p(margin); });
  return 4 * static_cast<std::size_t>(behind) >= 3 * speedups.size();
}

/// Of all differences to come, the share above `edge`, by those there are: their count, drawn towards a half
/// where they are few; or, where all lie so far above that it takes an outlier to be below, by Cantelli's
/// inequality, all but s^2 / (s^2 + m^2) of them.
double share_above(const std::vector<double>& differences, double edge) {
  const auto rounds = static_cast<double>(differences.size());
  const auto count =
      static_cast<double>(std::ranges::count_if(differences, [&](double d) { return d > edge; }));
  const double by_count = (count + 0.5) / (rounds + 1);
  if (count < rounds) return by_count;
  const double middle = median(differences);
  double deviations = 0;
  for (const double d : differences) deviations += std::abs(d - middle);
  // Of a normal distribution, the standard deviation by the mean of deviations.
  const double spread = std::sqrt(std::numbers::pi / 2) * deviations / rounds;
  const double distance = middle - edge;
  return std::max(by_count, 1 - spread * spread / (spread * spread + distance * distance));
}

double share_below(std::vector<double> differences, double edge) {
  for (double& d : differences) d = -d;
  return share_above(differences, -edge);
}

/// Rounds after which so many, a share of them, lean far enough to one side.
double rounds_by_share(double leaning, double rounds, const Rule& rule) {
  if (leaning <= 0.5) return std::numeric_limits<double>::infinity();
  // ln M of so many coins of this bias, by its leading terms, reaches ln(1 / alpha).
  const double evidence = -std::log(rule.alpha) + std::log(std::numbers::pi * rounds) / 2;
  return std::max(rounds + 1, rule.block * evidence / entropy_to_fair(leaning));
}

/// Questions that are pursued together.
struct Bundle {
  std::vector<OpenQuestion> questions;
  double value = 0;
  double seconds = 0;

  double rate() const { return seconds > 0 ? value / seconds : 0; }
};

/// A retired arm does not come back, so what is worth not much less than the best goes on beside it.
constexpr double min_rate_share = 0.5;

/// One question after the other, for as long as the next raises what a second is worth.
Bundle best_bundle(std::vector<OpenQuestion> left, const std::vector<double>& round_seconds) {
  Bundle bundle;
  std::vector<bool> runs(round_seconds.size());
  const auto seconds_more = [&](const OpenQuestion& question) {
    double more = 0;
    for (const std::size_t i : question.arms) more += runs[i] ? 0 : round_seconds[i];
    return more;
  };
  while (!left.empty()) {
    const auto rate_with = [&](const OpenQuestion& question) {
      return (bundle.value + question.value) / (bundle.seconds + seconds_more(question));
    };
    const auto best = std::ranges::max_element(left, {}, rate_with);
    if (!bundle.questions.empty() && rate_with(*best) < bundle.rate()) break;
    bundle.seconds += seconds_more(*best);
    bundle.value += best->value;
    for (const std::size_t i : best->arms) runs[i] = true;
    bundle.questions.push_back(std::move(*best));
    left.erase(best);
  }
  return bundle;
}

/// Those that have an arm in common, or both with a third, in one vector.
std::vector<std::vector<OpenQuestion>> that_share_arms(std::vector<OpenQuestion> questions) {
  std::vector<std::vector<OpenQuestion>> all;
  for (OpenQuestion& question : questions) {
    std::vector<OpenQuestion> joined;
    const auto shares = [&](const OpenQuestion& other) {
      return std::ranges::find_first_of(question.arms, other.arms) != question.arms.end();
    };
    for (std::vector<OpenQuestion>& some : all) {
      if (std::ranges::none_of(some, shares)) continue;
      std::ranges::move(some, std::back_inserter(joined));
      some.clear();
    }
    joined.push_back(std::move(question));
    std::erase_if(all, [](const auto& some) { return some.empty(); });
    all.push_back(std::move(joined));
  }
  return all;
}

}  // namespace

double rounds_to_decide(const std::vector<double>& differences, const Rule& rule) {
  const double edge = std::log1p(margin);
  const double above = share_above(differences, edge + rule.guard);
  const double below = share_below(differences, -edge - rule.guard);
  const double within = std::min(share_above(differences, rule.guard - edge),
                                 share_below(differences, edge - rule.guard));
  return rounds_by_share(std::max({above, below, within}), static_cast<double>(differences.size()),
                         rule);
}

double rounds_to_decide_side(const std::vector<double>& differences, const Rule& rule,
                             double edge) {
  const double above = share_above(differences, edge + rule.guard);
  const double below = share_below(differences, edge - rule.guard);
  return rounds_by_share(std::max(above, below), static_cast<double>(differences.size()), rule);
}

int OpenQuestions::next_look_after(int rounds) const {
  int next = next_look(rounds);
  for (const OpenQuestion& question : questions)
    if (question.earliest > rounds) next = std::min(next, question.earliest);
  return next;
}

OpenQuestions open_questions(const std::vector<Measured>& results, const std::vector<bool>& retired,
                             const RaceVerdicts& verdicts, const std::vector<Headline>& headlines,
                             const std::vector<LimitFinding>& limits, const SlowdownLimit& limit,
                             Rivals rivals) {
  Gathering open(results, retired);
  for (const LimitFinding& finding : limits) open.add_limit(finding, limit);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (const auto& against = verdicts.against_baseline[i];
        against && results[i].entrant.role == Role::arm)
      open.add_row(against->other, i, against->comparison);
  for (const Headline& headline : headlines) {
    OpenQuestion* const question = open.add_headline(headline);
    if (!question || headline.pair.choices <= 1) continue;
    // It may turn out to be about another.
    const double level = 1 - headline.comparison.confidence;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto& against = verdicts.against_best[i];
      if (results[i].entrant.group != results[headline.pair.result].entrant.group || !against)
        continue;
      const bool is_out =
          rivals == Rivals::close
              ? falls_behind(results[against->other], results[i])
              : against->comparison.verdict == Verdict::slower && against->comparison.p <= level;
      if (!is_out) open.need(*question, i);
    }
  }
  return std::move(open).result();
}

OpenQuestions best_value_per_second(OpenQuestions open, const std::vector<double>& round_seconds) {
  std::vector<Bundle> bundles;
  for (std::vector<OpenQuestion>& apart : that_share_arms(std::move(open.questions)))
    bundles.push_back(best_bundle(std::move(apart), round_seconds));
  double best = 0;
  for (const Bundle& bundle : bundles) best = std::max(best, bundle.rate());
  std::vector<OpenQuestion> pursued;
  for (Bundle& bundle : bundles)
    if (bundle.rate() >= best * min_rate_share)
      std::ranges::move(bundle.questions, std::back_inserter(pursued));
  pursue(open, std::move(pursued), round_seconds.size());
  return open;
}

}  // namespace parlab
