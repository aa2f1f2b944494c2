#pragma once

// An interval for a median that holds at every number of rounds at once, so that a race may be
// looked at as often as one likes and stopped because of what was seen.
//
// If m is the median, each difference lies above it with probability 1/2, whatever the noise. Of n
// fair coins of which s fall one way,
//   M(n, s) = 2^n B(s + 1/2, n - s + 1/2) / B(1/2, 1/2)
// is a martingale in n (the likelihood of the coins under a Beta(1/2, 1/2) mixture of biases, over
// that of fair ones), so by Ville's inequality it ever reaches 1 / alpha with probability alpha at
// most. The interval holds all m whose count has not: order statistics rank and n + 1 - rank.
// Ties: values equal to m count for it on both sides. The interval is closed, so whenever it misses
// m, fair coins that agree with all values beside m have M >= 1 / alpha: ties only widen.
//
// Price for looking at any time: rank 4 instead of 6 at 20 rounds and alpha 0.05.
// Source: J. Ville, Étude critique de la notion de collectif (1939); S. Howard, A. Ramdas,
// Sequential estimation of quantiles, Bernoulli 28 (2022). Cost: O(log n) a rank.

#include <cstddef>

namespace parlab {

/// ln M(n, s) for s of n coins, s <= n. Symmetric in s and n - s.
double log_martingale(std::size_t n, std::size_t s);

/// Which order statistic from either end of n values bounds the interval at level alpha, counted
/// from 1; 0 where n is too small for one. Grows with alpha, and is at most n / 2.
std::size_t interval_rank(std::size_t n, double alpha);

/// Smallest n that has an interval at level alpha: 7 for 0.05.
std::size_t rounds_for_interval(double alpha);

/// The smallest level whose interval still is the one of `rank`; 1 at most. Requires rank >= 1.
double level_of_rank(std::size_t n, std::size_t rank);

/// Evidence that one side is more likely than the other: as M, but of biases above 1/2 alone, so
/// that it stays below 1 / alpha with probability 1 - alpha wherever s grows with probability 1/2
/// at most. The mean of several, whatever their dependence, stays below it too.
double one_sided_martingale(std::size_t n, std::size_t s);

/// The next number of rounds at which a race is looked at: 7, 9, 12, 16, 21, 28, 38, 51, 69, 93,
/// 125, then about a third more each time.
int next_look(int rounds);

/// Where rounds are spent as verdicts need them, an arm gets no more.
inline constexpr int last_look = 125;

/// Rounds of the first look, the fewest that can tell anything at alpha 0.05.
inline constexpr int first_look = 7;

}  // namespace parlab
