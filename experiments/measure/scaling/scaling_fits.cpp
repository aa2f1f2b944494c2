#include "experiments/measure/scaling/scaling_fits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>

#include "experiments/measure/verdicts/anytime_interval.hpp"

namespace parlab {
namespace {

/// Of one resample: ln S of each number of workers.
using LogSpeedups = std::vector<double>;

struct LawParameters {
  double serial_fraction = 0, contention = 0, coherence = 0;
};

/// Least squares of y = f x with x = 1 - 1/p, y = 1/S - 1/p. The error of 1/S is relative to it.
double fit_amdahl(std::span<const int> workers, std::span<const double> ln_speedups) {
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const double each = 1.0 / workers[i], inverse = std::exp(-ln_speedups[i]);
    const double weight = 1 / (inverse * inverse);
    products += weight * (1 - each) * (inverse - each);
    squares += weight * (1 - each) * (1 - each);
  }
  return products / squares;
}

/// Least squares of y = sigma a + kappa b with a = p - 1, b = p (p - 1), y = p/S - 1.
void fit_usl(std::span<const int> workers, std::span<const double> ln_speedups,
             LawParameters& parameters) {
  double aa = 0, ab = 0, bb = 0, ay = 0, by = 0;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const double p = workers[i], cost = p * std::exp(-ln_speedups[i]);
    const double weight = 1 / (cost * cost), a = p - 1, b = p * (p - 1), y = cost - 1;
    aa += weight * a * a;
    ab += weight * a * b;
    bb += weight * b * b;
    ay += weight * a * y;
    by += weight * b * y;
  }
  const double determinant = aa * bb - ab * ab;
  parameters.contention = (ay * bb - by * ab) / determinant;
  parameters.coherence = (aa * by - ab * ay) / determinant;
}

LawParameters fit(std::span<const int> workers, const LogSpeedups& ln_speedups) {
  LawParameters parameters;
  parameters.serial_fraction = fit_amdahl(workers, ln_speedups);
  if (workers.size() >= 2) fit_usl(workers, ln_speedups, parameters);
  return parameters;
}

double quantile(std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] * (1 - part) + sorted[above] * part;
}

Location percentile_interval(double value, std::vector<double> resampled, double alpha) {
  std::ranges::sort(resampled);
  return {value, {quantile(resampled, alpha / 2), quantile(resampled, 1 - alpha / 2)}};
}

/// Nothing is told by an interval from no cost at all to one by which workers are of no use.
Fitted judged(const Location& value, double useless, const char* what) {
  if (value.interval.low <= 0 && value.interval.high >= useless)
    return {
        std::nullopt,
        fmt::format("the interval of {}, [{:.2g}, {:.2g}], has everything in it from no cost to no "
                    "gain",
                    what, value.interval.low, value.interval.high)};
  return {value, ""};
}

void require(const ScalingTimes& times) {
  if (times.workers.size() != times.seconds.size() || times.block < 1)
    throw std::invalid_argument("a fit of scaling needs one series of times for each worker count");
  const auto is_time = [](double time) { return time > 0 && std::isfinite(time); };
  for (const auto& series : times.seconds)
    if (series.size() != times.one_worker.size() || !std::ranges::all_of(series, is_time))
      throw std::invalid_argument("a fit of scaling needs a positive time in each round");
  if (!std::ranges::all_of(times.one_worker, is_time))
    throw std::invalid_argument("a fit of scaling needs a positive time in each round");
}

}  // namespace

double karp_flatt(double speedup, int workers) {
  const double each = 1.0 / workers;
  return (1 / speedup - each) / (1 - each);
}

Location karp_flatt(const Comparison& speedup, int workers) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Interval& ratio = speedup.interval;
  return {karp_flatt(speedup.ratio, workers),
          {std::isfinite(ratio.high) ? karp_flatt(ratio.high, workers) : -infinity,
           ratio.low > 0 ? karp_flatt(ratio.low, workers) : infinity}};
}

Location gustafson(const Comparison& efficiency, int workers) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto share = [&](double ratio) { return workers * (1 - ratio) / (workers - 1); };
  const Interval& ratio = efficiency.interval;
  return {share(efficiency.ratio),
          {std::isfinite(ratio.high) ? share(ratio.high) : -infinity,
           ratio.low > 0 ? share(ratio.low) : infinity}};
}

ScalingFits fit_scaling(const ScalingTimes& times, int cores, double alpha) {
  require(times);
  ScalingFits fits;
  std::vector<int> workers;
  std::vector<std::vector<double>> ln_ratios;  // of each number of workers, over the rounds
  for (std::size_t i = 0; i < times.workers.size(); ++i) {
    if (times.workers[i] > cores) {
      ++fits.points_beyond;
      continue;
    }
    workers.push_back(times.workers[i]);
    ln_ratios.push_back(paired_differences(times.one_worker, times.seconds[i]));
  }
  fits.points = static_cast<int>(workers.size());
  const std::size_t rounds = times.one_worker.size(), needed = rounds_for_interval(alpha);
  std::string why;
  if (workers.empty())
    why = fmt::format("no number of workers between 2 and the {} usable core{} was measured", cores,
                      cores == 1 ? "" : "s");
  else if (rounds < needed)
    why = fmt::format("too few rounds: {} of {} needed", rounds, needed);
  if (!why.empty()) {
    fits.serial_fraction.why = fits.contention.why = fits.coherence.why = why;
    return fits;
  }
  const auto medians = [&](const auto& round_of) {
    LogSpeedups result;
    std::vector<double> drawn(rounds);
    for (const auto& series : ln_ratios) {
      for (std::size_t i = 0; i < rounds; ++i) drawn[i] = series[round_of(i)];
      result.push_back(median(drawn));
    }
    return result;
  };
  const LawParameters best = fit(workers, medians([](std::size_t i) { return i; }));
  std::mt19937_64 random(1);  // any: the same times are to give the same interval
  std::array<std::vector<double>, 3> resampled;
  std::vector<std::size_t> draw(rounds);
  const auto block = static_cast<std::size_t>(times.block);
  const std::size_t blocks = (rounds + block - 1) / block;
  std::size_t first = 0;
  for (int resample = 0; resample < bootstrap_resamples; ++resample) {
    for (std::size_t i = 0; i < rounds; ++i) {
      const std::size_t within = i % block;
      if (within == 0) first = random() % blocks * block;
      draw[i] = std::min(first + within, rounds - 1);
    }
    const LawParameters p = fit(workers, medians([&](std::size_t i) { return draw[i]; }));
    resampled[0].push_back(p.serial_fraction);
    resampled[1].push_back(p.contention);
    resampled[2].push_back(p.coherence);
  }
  fits.serial_fraction =
      judged(percentile_interval(best.serial_fraction, resampled[0], alpha), 1, "f");
  if (workers.size() < 2) {
    fits.contention.why = fits.coherence.why = fmt::format(
        "1 number of workers above 1 within the {} usable cores is too few for 2 parameters",
        cores);
    return fits;
  }
  fits.contention = judged(percentile_interval(best.contention, resampled[1], alpha), 1, "sigma");
  // From kappa = 1 - sigma on a second worker makes every run slower; 1 is beyond it.
  fits.coherence = judged(percentile_interval(best.coherence, resampled[2], alpha), 1, "kappa");
  return fits;
}

}  // namespace parlab
