#pragma once

// Small models fitted to measured times, each with an interval or the plain word that the data do
// not identify it.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "experiments/measure/statistics.hpp"

namespace parlab {

/// T(n) = start + each * n, in seconds. Fitted round by round with relative weights (1/T^2, as noise
/// grows with T); the median over rounds and its sign-test interval.
struct LinearCost {
  Location start;
  Location each;
};

/// seconds[i][r]: size i in round r. Needs at least two different sizes; nullopt otherwise.
std::optional<LinearCost> fit_linear_cost(std::span<const std::uint64_t> sizes,
                                          const std::vector<std::vector<double>>& seconds,
                                          double alpha = 0.05);

/// Size from which `arm` beats `serial`: (start_arm - start_serial) / (each_serial - each_arm), round
/// by round. nullopt where in half of the rounds or more the arm's cost per index is no smaller
/// (it never pays). A size below 0 counts as 0 (it always pays).
std::optional<Location> break_even_size(std::span<const std::uint64_t> sizes,
                                        const std::vector<std::vector<double>>& serial,
                                        const std::vector<std::vector<double>>& arm,
                                        double alpha = 0.05);

/// Fraction of the work that is serial, by Amdahl: fitted over worker counts to speed-ups. Needs
/// three worker counts besides 1, else nullopt: two parameters fit any two points.
std::optional<double> amdahl_serial_fraction(std::span<const int> workers,
                                             std::span<const double> speedups);

/// Karp-Flatt experimentally determined serial fraction at one worker count above 1.
double karp_flatt(int workers, double speedup);

}  // namespace parlab
