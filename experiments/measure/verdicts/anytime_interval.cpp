#include "experiments/measure/verdicts/anytime_interval.hpp"

#include <math.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace parlab {
namespace {

/// As std::lgamma, but without the global variable for the sign.
double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

/// Beyond it the one-sided recurrence would leave the range of its type.
constexpr std::size_t max_recurrence = 8000;

}  // namespace

double log_martingale(std::size_t n, std::size_t s) {
  const auto coins = static_cast<double>(n);
  const auto heads = static_cast<double>(s);
  return coins * std::numbers::ln2 + log_gamma(heads + 0.5) + log_gamma(coins - heads + 0.5) -
         log_gamma(coins + 1) - std::log(std::numbers::pi);
}

std::size_t interval_rank(std::size_t n, double alpha) {
  const double bound = -std::log(alpha);
  // M falls as s goes from 0 to n / 2, where it is below 1: the least s with M < 1 / alpha.
  std::size_t rejected = 0;
  std::size_t kept = n / 2;
  while (rejected < kept) {
    const std::size_t middle = (rejected + kept) / 2;
    if (log_martingale(n, middle) < bound)
      kept = middle;
    else
      rejected = middle + 1;
  }
  return kept;
}

std::size_t rounds_for_interval(double alpha) {
  std::size_t n = 1;
  while (interval_rank(n, alpha) == 0) ++n;
  return n;
}

double level_of_rank(std::size_t n, std::size_t rank) {
  return std::min(1.0, std::exp(-log_martingale(n, rank - 1)));
}

double one_sided_martingale(std::size_t n, std::size_t s) {
  if (2 * s <= n) return 0;  // below 1 in truth: no evidence either way
  // Beyond the recurrence M itself, which is smaller where s is the larger part.
  if (n > max_recurrence) return std::exp(log_martingale(n, s));
  // With p = sin^2 x: (4 / pi) 2^n times the integral of sin^2s cos^2(n-s) from pi / 4 to pi / 2,
  // by parts: first for s coins of one kind, then for each of the other kind one more.
  constexpr long double pi = std::numbers::pi_v<long double>;
  long double m = 1;
  for (std::size_t i = 1; i <= s; ++i) {
    const auto k = static_cast<long double>(i);
    m = 2 / (pi * k) + (2 * k - 1) / k * m;
  }
  for (std::size_t i = 1; i <= n - s; ++i) {
    const auto k = static_cast<long double>(i);
    m = ((2 * k - 1) * m - 2 / pi) / (static_cast<long double>(s) + k);
  }
  return static_cast<double>(std::max(m, 0.0L));
}

int next_look(int rounds) {
  constexpr std::array<int, 11> looks = {first_look, 9, 12, 16, 21, 28, 38, 51, 69, 93, last_look};
  const auto next = std::upper_bound(looks.begin(), looks.end(), rounds);
  if (next != looks.end()) return *next;
  int look = last_look;
  while (look <= rounds) look += look / 3;
  return look;
}

}  // namespace parlab
