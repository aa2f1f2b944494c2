#include "experiments/measure/verdicts/dependence.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "experiments/measure/verdicts/anytime_interval.hpp"

namespace parlab {
namespace {

/// Standard deviations of a correlation of independent rounds: of the pooled one, and of one pair's,
/// of which there are many in a race.
constexpr double pooled_deviations = 2;
constexpr double single_deviations = 3;

/// Below it a correlation is as good as none.
constexpr double negligible = 0.12;

/// Correlation of two pairs' estimates that have the baseline in common: half of each difference's
/// variance is the baseline's, and estimates correlate by the square.
constexpr double shared = 0.25;

double corrected(std::span<const double> differences) {
  return serial_correlation(differences) + 1 / static_cast<double>(differences.size());
}

}  // namespace

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

double pooled_dependence(const std::vector<PairsOfABaseline>& groups) {
  double rounds = 0;
  double sum = 0;
  double variance = 0;  // of the sum
  for (const PairsOfABaseline& pairs : groups) {
    double of_group = 0;
    double roots = 0;
    for (const auto& differences : pairs) {
      if (differences.size() < static_cast<std::size_t>(first_look)) continue;
      const auto n = static_cast<double>(differences.size());
      sum += n * corrected(differences);
      of_group += n;
      roots += std::sqrt(n);
    }
    rounds += of_group;
    variance += (1 - shared) * of_group + shared * roots * roots;
  }
  if (rounds == 0) return 0;
  const double pooled = sum / rounds;
  const double noise = pooled_deviations * std::sqrt(variance) / rounds;
  return pooled > std::max(negligible, noise) ? pooled : 0;
}

int block_for(double correlation) {
  if (correlation < negligible) return 1;
  if (correlation < 0.35) return 2;
  return correlation < 0.65 ? 4 : 8;
}

int block_of_pair(std::span<const double> differences, double pooled) {
  int block = block_for(pooled);
  if (differences.size() < static_cast<std::size_t>(first_look)) return block;
  const double own = corrected(differences);
  if (own > single_deviations / std::sqrt(static_cast<double>(differences.size())))
    block = std::max(block, block_for(own));
  return block;
}

}  // namespace parlab
