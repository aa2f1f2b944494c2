#include "experiments/measure/verdicts/models.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

namespace parlab {
namespace {

using Seconds = std::vector<std::vector<double>>;

/// T(n) = start + each * n in one round.
struct Line {
  double start;
  double each;
};

void require_times(std::span<const std::uint64_t> sizes, const Seconds& seconds) {
  if (sizes.size() != seconds.size() || seconds.empty())
    throw std::invalid_argument("a cost model needs one series of times for each size");
  for (const std::vector<double>& series : seconds) {
    if (series.empty() || series.size() != seconds.front().size())
      throw std::invalid_argument("a cost model needs the same rounds for each size");
    for (const double time : series) {
      if (!(time > 0 && std::isfinite(time)))
        throw std::invalid_argument("a time must be positive and finite");
    }
  }
}

/// Weighted least squares of each round. The weights come from the medians over all rounds: from a
/// round's own times they would favour whatever happened to be fast, and bend the line downwards.
std::optional<std::vector<Line>> fit_rounds(std::span<const std::uint64_t> sizes,
                                            const Seconds& seconds) {
  require_times(sizes, seconds);
  if (std::set(sizes.begin(), sizes.end()).size() < 2) return std::nullopt;

  std::vector<double> weights;
  double total = 0;
  double mean_size = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double typical = location(seconds[i]).median;
    weights.push_back(1 / (typical * typical));
    total += weights.back();
    mean_size += weights.back() * static_cast<double>(sizes[i]);
  }
  mean_size /= total;

  std::vector<Line> lines;
  for (std::size_t round = 0; round < seconds.front().size(); ++round) {
    double mean_time = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) mean_time += weights[i] * seconds[i][round];
    mean_time /= total;
    double products = 0;
    double squares = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const double offset = static_cast<double>(sizes[i]) - mean_size;
      products += weights[i] * offset * (seconds[i][round] - mean_time);
      squares += weights[i] * offset * offset;
    }
    const double each = products / squares;
    lines.push_back({mean_time - each * mean_size, each});
  }
  return lines;
}

}  // namespace

std::optional<LinearCost> fit_linear_cost(std::span<const std::uint64_t> sizes,
                                          const Seconds& seconds, double alpha) {
  const auto lines = fit_rounds(sizes, seconds);
  if (!lines) return std::nullopt;
  std::vector<double> starts;
  std::vector<double> eaches;
  for (const Line& line : *lines) {
    starts.push_back(line.start);
    eaches.push_back(line.each);
  }
  return LinearCost{location(starts, alpha), location(eaches, alpha)};
}

BreakEven break_even_size(std::span<const std::uint64_t> sizes, const Seconds& serial,
                          const Seconds& arm, double alpha) {
  const auto serial_lines = fit_rounds(sizes, serial);
  const auto arm_lines = fit_rounds(sizes, arm);
  if (!serial_lines || !arm_lines) return {};
  if (serial_lines->size() != arm_lines->size())
    throw std::invalid_argument("a break-even needs both arms from the same rounds");

  std::vector<double> break_evens;
  std::size_t never = 0;
  for (std::size_t round = 0; round < arm_lines->size(); ++round) {
    const Line& ours = (*arm_lines)[round];
    const Line& theirs = (*serial_lines)[round];
    if (ours.each >= theirs.each) {
      break_evens.push_back(std::numeric_limits<double>::infinity());
      ++never;
    } else {
      break_evens.push_back(std::max(0.0, (ours.start - theirs.start) / (theirs.each - ours.each)));
    }
  }
  const Location size = location(break_evens, alpha);
  if (2 * never >= break_evens.size())
    return {std::nullopt, size.interval.low == std::numeric_limits<double>::infinity()};
  return {size, false};
}

}  // namespace parlab
