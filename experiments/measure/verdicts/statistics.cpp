#include "experiments/measure/verdicts/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace parlab {
namespace {

/// Rounds behind one observation where neighbouring rounds resemble each other.
constexpr std::size_t rounds_per_block = 3;

/// Below this many rounds a correlation of neighbours is mostly chance.
constexpr std::size_t least_rounds_for_blocks = 6;

constexpr double infinity = std::numeric_limits<double>::infinity();

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

/// levels[k - 1] = 2 P(Binomial(n, 1/2) <= k - 1), for each k up to the middle: the chance that
/// [x_(k), x_(n+1-k)] misses the median of a continuous distribution (ties only lower it).
/// Summed from the exact binomial coefficients; `exponent` keeps them inside the type for any n.
std::vector<double> sign_test_levels(std::size_t n) {
  constexpr int step = 8192;
  const long double large = std::ldexp(1.0L, step);
  long double term = 1;
  long double sum = 0;
  int exponent = 1 - static_cast<int>(n);
  std::vector<double> levels;
  levels.reserve((n + 1) / 2);
  for (std::size_t successes = 0; successes < (n + 1) / 2; ++successes) {
    sum += term;
    levels.push_back(static_cast<double>(std::min(1.0L, std::ldexp(sum, exponent))));
    term = term * static_cast<long double>(n - successes) / static_cast<long double>(successes + 1);
    if (term > large) {
      term = std::ldexp(term, -step);
      sum = std::ldexp(sum, -step);
      exponent += step;
    }
  }
  return levels;
}

/// How many observations are cut off at each end, plus one; 0 where even all of them are too few.
std::size_t interval_rank(const std::vector<double>& levels, double alpha) {
  const auto end = std::upper_bound(levels.begin(), levels.end(), alpha);
  return static_cast<std::size_t>(end - levels.begin());
}

/// Medians of consecutive blocks; what is left over joins the last.
std::vector<double> block_medians(std::span<const double> series) {
  const std::size_t blocks = series.size() / rounds_per_block;
  std::vector<double> medians;
  medians.reserve(blocks);
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t begin = block * rounds_per_block;
    const std::size_t end = block + 1 == blocks ? series.size() : begin + rounds_per_block;
    medians.push_back(median({series.begin() + static_cast<std::ptrdiff_t>(begin),
                              series.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  return medians;
}

Verdict judge(const Interval& ratio) {
  if (ratio.low > 1 + margin) return Verdict::faster;
  if (ratio.high < 1 / (1 + margin)) return Verdict::slower;
  if (ratio.low > 1 / (1 + margin) && ratio.high < 1 + margin) return Verdict::equivalent;
  if (ratio.low > 1 || ratio.high < 1) return Verdict::differs;
  return Verdict::not_resolved;
}

bool is_direction(Verdict verdict) {
  return verdict == Verdict::faster || verdict == Verdict::slower;
}

/// The rounds of one comparison, ready to be asked at any level.
class PairedRounds {
 public:
  PairedRounds(std::span<const double> base_seconds, std::span<const double> arm_seconds) {
    if (base_seconds.size() != arm_seconds.size())
      throw std::invalid_argument("two arms need times from the same rounds");
    if (base_seconds.empty()) throw std::invalid_argument("no rounds to compare");
    differences_.reserve(base_seconds.size());
    for (std::size_t round = 0; round < base_seconds.size(); ++round) {
      const double base = base_seconds[round];
      const double arm = arm_seconds[round];
      if (!(base > 0 && arm > 0 && std::isfinite(base) && std::isfinite(arm)))
        throw std::invalid_argument("a time must be positive and finite");
      differences_.push_back(std::log(base) - std::log(arm));
    }
    const double bound = 2 / std::sqrt(static_cast<double>(differences_.size()));
    if (differences_.size() >= least_rounds_for_blocks &&
        std::abs(serial_correlation(differences_)) > bound) {
      differences_ = block_medians(differences_);
      block_ = static_cast<int>(rounds_per_block);
    }
    std::sort(differences_.begin(), differences_.end());
    levels_ = sign_test_levels(differences_.size());
  }

  Comparison at(double alpha) const {
    const Interval interval = ratio_interval(interval_rank(levels_, alpha));
    return {.ratio = std::exp(sorted_median(differences_)),
            .interval = interval,
            .confidence = 1 - alpha,
            .verdict = judge(interval),
            .rounds = static_cast<int>(differences_.size()),
            .block = block_,
            .p = smallest_level([](Verdict verdict) { return verdict != Verdict::not_resolved; })};
  }

  /// Smallest level at which the verdict is still faster or slower; 1 where it never is.
  double direction_p() const { return smallest_level(is_direction); }

 private:
  /// Intervals are nested: a verdict once lost does not come back at a smaller level.
  template <class Accept>
  double smallest_level(const Accept& accept) const {
    double smallest = 1;
    for (std::size_t rank = levels_.size(); rank > 0; --rank) {
      if (!accept(judge(ratio_interval(rank)))) break;
      smallest = levels_[rank - 1];
    }
    return smallest;
  }

  Interval ratio_interval(std::size_t rank) const {
    if (rank == 0) return {0, infinity};
    return {std::exp(differences_[rank - 1]), std::exp(differences_[differences_.size() - rank])};
  }

  std::vector<double> differences_;  // ln base - ln arm, ascending
  std::vector<double> levels_;
  int block_ = 1;
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
    case Verdict::too_noisy:
      return "too noisy";
    case Verdict::too_few_rounds:
      return "too few rounds";
  }
  throw std::invalid_argument("not a verdict");
}

Comparison compare(std::span<const double> base_seconds, std::span<const double> arm_seconds,
                   double alpha) {
  require_level(alpha);
  return PairedRounds(base_seconds, arm_seconds).at(alpha);
}

std::vector<Comparison> compare_family(std::span<const Pair> pairs, double alpha) {
  require_level(alpha);
  std::vector<PairedRounds> family;
  std::vector<double> p;
  for (const Pair& pair : pairs) {
    family.emplace_back(pair.base_seconds, pair.arm_seconds);
    p.push_back(family.back().direction_p());
  }
  std::vector<std::size_t> by_p(pairs.size());
  std::iota(by_p.begin(), by_p.end(), std::size_t{0});
  std::stable_sort(by_p.begin(), by_p.end(), [&](auto a, auto b) { return p[a] < p[b]; });

  std::vector<Comparison> comparisons(pairs.size());
  std::size_t rank = 0;  // stays where the first comparison failed
  for (const std::size_t index : by_p) {
    const double level = alpha / static_cast<double>(pairs.size() - rank);
    comparisons[index] = family[index].at(level);
    if (is_direction(comparisons[index].verdict)) ++rank;
  }
  return comparisons;
}

bool passes_gate(const Comparison& again) {
  return again.interval.low > 1 / (1 + gate_margin) && again.interval.high < 1 + gate_margin;
}

double median(std::vector<double> sample) { return sorted_median(sorted(std::move(sample))); }

Location location(std::span<const double> sample, double alpha) {
  require_level(alpha);
  const std::vector<double> values = sorted({sample.begin(), sample.end()});
  const std::size_t rank = interval_rank(sign_test_levels(values.size()), alpha);
  const Interval interval = rank == 0 ? Interval{-infinity, infinity}
                                      : Interval{values[rank - 1], values[values.size() - rank]};
  return {sorted_median(values), interval};
}

double serial_correlation(std::span<const double> series) {
  if (series.size() < 3) return 0;
  const auto [least, most] = std::minmax_element(series.begin(), series.end());
  if (*least == *most) return 0;
  const double mean =
      std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(series.size());
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    squares += (series[i] - mean) * (series[i] - mean);
    if (i + 1 < series.size()) products += (series[i] - mean) * (series[i + 1] - mean);
  }
  return products / squares;
}

}  // namespace parlab
