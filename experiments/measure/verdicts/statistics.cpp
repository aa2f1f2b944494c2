#include "experiments/measure/verdicts/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/measure/verdicts/dependence.hpp"

namespace parlab {
namespace {

/// Where more are needed, that is said instead of a number: a race of so many rounds takes hours.
constexpr int max_rounds_to_tell = 1000;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Logarithms of times that tie with a bound lie this close to it: no verdict rests on rounding.
constexpr double rounding = 1e-12;

double sorted_median(std::span<const double> sorted) {
  const std::size_t upper = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[upper];
  // Not (a + b) / 2 of equal values: infinities must not become NaN, ties must stay exact.
  if (sorted[upper - 1] == sorted[upper]) return sorted[upper];
  return sorted[upper - 1] / 2 + sorted[upper] / 2;
}

/// Ascending. Throws std::invalid_argument for an empty sample, or one with NaN.
std::vector<double> sorted(std::vector<double> sample) {
  if (sample.empty()) throw std::invalid_argument("no sample to locate");
  if (std::any_of(sample.begin(), sample.end(), [](double value) { return std::isnan(value); }))
    throw std::invalid_argument("a sample must not hold NaN");
  std::sort(sample.begin(), sample.end());
  return sample;
}

void require_level(double alpha) {
  if (!(alpha > 0 && alpha < 1)) throw std::invalid_argument("alpha must lie between 0 and 1");
}

/// Medians of consecutive blocks that are full.
std::vector<double> block_medians(std::span<const double> series, std::size_t block) {
  std::vector<double> medians;
  for (; series.size() >= block; series = series.subspan(block))
    medians.push_back(
        median({series.begin(), series.begin() + static_cast<std::ptrdiff_t>(block)}));
  return medians;
}

/// The verdict of an interval of logarithms.
Verdict judge(double low, double high) {
  const double edge = std::log1p(margin);
  const double beyond = edge + rounding;
  if (low > beyond) return Verdict::faster;
  if (high < -beyond) return Verdict::slower;
  if (low > -edge + rounding && high < edge - rounding) return Verdict::equivalent;
  if (low > rounding || high < -rounding) return Verdict::differs;
  return Verdict::not_resolved;
}

/// The observations of one comparison in ascending order, ready to be asked at any level.
class Observations {
 public:
  explicit Observations(std::vector<double> values, double guard = 0)
      : sorted_(std::move(values)), guard_(guard) {
    std::sort(sorted_.begin(), sorted_.end());
  }

  std::size_t size() const { return sorted_.size(); }
  double median() const { return sorted_median(sorted_); }
  double low(std::size_t rank) const { return rank == 0 ? -infinity : sorted_[rank - 1] - guard_; }
  double high(std::size_t rank) const {
    return rank == 0 ? infinity : sorted_[sorted_.size() - rank] + guard_;
  }
  Verdict verdict(std::size_t rank) const {
    return rank == 0 ? Verdict::too_few_rounds : judge(low(rank), high(rank));
  }

  /// The smallest difference, as a logarithm, of which an interval as wide as this one lies wholly
  /// beyond the margin, to either side.
  double tells(std::size_t rank) const {
    if (rank == 0) return infinity;
    return std::log1p(margin) + std::max(high(rank) - median(), median() - low(rank));
  }

  /// Observations of which the interval should be no wider than the margin on either side of the
  /// median; 0 where they are too many, or there is no interval yet. By this one's width, which
  /// shrinks as its order statistics come closer to the median: as those of a logistic distribution.
  int needed_to_tell(double alpha) const {
    const auto distance = [alpha](std::size_t n) {
      const auto rank = static_cast<double>(interval_rank(n, alpha));
      return std::log((static_cast<double>(n + 1) - rank) / rank);
    };
    const std::size_t rank = interval_rank(size(), alpha);
    if (rank == 0) return 0;
    const double half_width = std::max(high(rank) - median(), median() - low(rank)) - guard_;
    for (auto n = static_cast<int>(size()); n <= max_rounds_to_tell; n = next_look(n)) {
      const double shrunk = distance(static_cast<std::size_t>(n)) / distance(size());
      if (guard_ + half_width * shrunk <= std::log1p(margin)) return n;
    }
    return 0;
  }

  /// Smallest level at which accept(verdict); 1 where it never does. Intervals are nested: what one
  /// of them gives, all narrower ones give.
  template <class Accept>
  double smallest_level(const Accept& accept) const {
    std::size_t refused = 0;
    std::size_t accepted = size() / 2 + 1;
    while (accepted - refused > 1) {
      const std::size_t middle = (refused + accepted) / 2;
      (accept(verdict(middle)) ? accepted : refused) = middle;
    }
    return accepted > size() / 2 ? 1 : level_of_rank(size(), accepted);
  }

 private:
  std::vector<double> sorted_;
  double guard_;
};

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster:
      return "faster";
    case Verdict::slower:
      return "slower";
    case Verdict::equivalent:
      return "equivalent";
    case Verdict::differs:
      return "differs";
    case Verdict::not_resolved:
      return "not resolved";
    case Verdict::too_few_rounds:
      return "too few rounds";
  }
  throw std::invalid_argument("not a verdict");
}

Verdict verdict_of(const Interval& ratio) {
  if (!(ratio.low > 0) && !std::isfinite(ratio.high)) return Verdict::too_few_rounds;
  return judge(std::log(ratio.low), std::log(ratio.high));
}

bool is_open(const Comparison& comparison) {
  return comparison.verdict == Verdict::not_resolved ||
         comparison.verdict == Verdict::too_few_rounds;
}

std::string reason_of(const Comparison& comparison) {
  if (comparison.verdict != Verdict::too_few_rounds) return "";
  return fmt::format("too few rounds: {} of {} needed", comparison.rounds_taken,
                     comparison.rounds_needed);
}

std::string difference_text(double fraction) {
  // Rounded up: so much is detected, and less may not be. Not by what a double is off.
  const auto up = [](double value) { return std::ceil(value - 1e-9); };
  const double factor = 1 + fraction;
  if (fraction > 1)
    return factor < 10 ? fmt::format("{:.1f}x", up(10 * factor) / 10)
                       : fmt::format("{:.0f}x", up(factor));
  const double tenths = up(1000 * fraction);
  return tenths < 100 ? fmt::format("{:.1f} %", tenths / 10)
                      : fmt::format("{:.0f} %", up(100 * fraction));
}

std::string verdict_text(const Comparison& comparison) {
  const std::string reason = reason_of(comparison);
  std::string text = reason.empty() ? std::string(to_string(comparison.verdict)) : reason;
  if (comparison.verdict == Verdict::not_resolved)
    text += fmt::format(": would detect {}", difference_text(comparison.tells));
  return text + (comparison.beside_load ? ", beside load" : "");
}

std::vector<double> paired_differences(std::span<const double> base_seconds,
                                       std::span<const double> arm_seconds) {
  if (base_seconds.size() != arm_seconds.size())
    throw std::invalid_argument("two arms need times from the same rounds");
  if (base_seconds.empty()) throw std::invalid_argument("no rounds to compare");
  std::vector<double> differences;
  differences.reserve(base_seconds.size());
  for (std::size_t round = 0; round < base_seconds.size(); ++round) {
    const double base = base_seconds[round];
    const double arm = arm_seconds[round];
    if (!(base > 0 && arm > 0 && std::isfinite(base) && std::isfinite(arm)))
      throw std::invalid_argument("a time must be positive and finite");
    differences.push_back(std::log(base) - std::log(arm));
  }
  return differences;
}

Comparison judge_differences(std::span<const double> differences, const Rule& rule) {
  require_level(rule.alpha);
  if (differences.empty()) throw std::invalid_argument("no rounds to compare");
  if (rule.block < 1) throw std::invalid_argument("a block needs a round");
  if (!(rule.guard >= 0)) throw std::invalid_argument("a guard must not narrow an interval");
  const Observations seen(block_medians(differences, static_cast<std::size_t>(rule.block)),
                          rule.guard);
  const std::size_t rank = interval_rank(seen.size(), rule.alpha);
  return {
      .ratio = std::exp(seen.size() > 0 ? seen.median()
                                        : median({differences.begin(), differences.end()})),
      .interval = {std::exp(seen.low(rank)), std::exp(seen.high(rank))},
      .confidence = 1 - rule.alpha,
      .verdict = seen.verdict(rank),
      .rounds = static_cast<int>(seen.size()),
      .block = rule.block,
      .p = seen.smallest_level([](Verdict verdict) { return verdict != Verdict::not_resolved; }),
      .rounds_taken = static_cast<int>(differences.size()),
      .rounds_needed = static_cast<int>(rounds_for_interval(rule.alpha)) * rule.block,
      .guard = std::exp(rule.guard),
      .tells = std::expm1(seen.tells(rank)),
      .rounds_to_tell = seen.needed_to_tell(rule.alpha) * rule.block};
}

Comparison compare(std::span<const double> base_seconds, std::span<const double> arm_seconds,
                   Rule rule, double dependence) {
  const std::vector<double> differences = paired_differences(base_seconds, arm_seconds);
  rule.block = block_of_pair(differences, dependence);
  return judge_differences(differences, rule);
}

double guard_of(const Comparison& again) {
  return std::max({0.0, std::log(again.interval.low), -std::log(again.interval.high)});
}

Calibration calibration(int pairs, int excluding_one, double alpha) {
  require_level(alpha);
  if (excluding_one < 0 || excluding_one > pairs)
    throw std::invalid_argument("no more intervals can miss than there are");
  // 1 - P(fewer), summed from P(none) on.
  double chance = 1;
  double term = std::pow(1 - alpha, pairs);
  for (int missing = 0; missing < excluding_one; ++missing) {
    chance -= term;
    term *= (pairs - missing) / (missing + 1.0) * alpha / (1 - alpha);
  }
  return {pairs, excluding_one, std::max(chance, 0.0)};
}

double median(std::vector<double> sample) { return sorted_median(sorted(std::move(sample))); }

Location location(std::span<const double> sample, double alpha) {
  require_level(alpha);
  const std::vector<double> values = sorted({sample.begin(), sample.end()});
  const std::size_t rank = interval_rank(values.size(), alpha);
  const Interval interval = rank == 0 ? Interval{-infinity, infinity}
                                      : Interval{values[rank - 1], values[values.size() - rank]};
  return {sorted_median(values), interval};
}

}  // namespace parlab
