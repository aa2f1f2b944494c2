#include "experiments/measure/verdicts/anytime_interval.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <tuple>
#include <vector>

namespace parlab {
namespace {

double martingale(std::size_t n, std::size_t s) { return std::exp(log_martingale(n, s)); }

TEST(LogMartingale, IsOneWithoutCoinsAndKeepsItsMeanWithEachFairCoin) {
  EXPECT_DOUBLE_EQ(martingale(0, 0), 1);
  for (std::size_t n = 0; n < 200; ++n)
    for (std::size_t s = 0; s <= n; ++s) {
      const double next = (martingale(n + 1, s) + martingale(n + 1, s + 1)) / 2;
      EXPECT_NEAR(next / martingale(n, s), 1, 1e-10) << n << " coins, " << s;
      EXPECT_NEAR(log_martingale(n, s), log_martingale(n, n - s), 1e-9);
    }
}

TEST(IntervalRank, IsTheLeastCountThatIsNotRejected) {
  for (const double alpha : {0.3, 0.05, 1e-3, 1e-6})
    for (std::size_t n = 1; n < 300; ++n) {
      const std::size_t rank = interval_rank(n, alpha);
      ASSERT_LE(rank, n / 2);
      EXPECT_LT(martingale(n, rank), 1 / alpha);
      if (rank > 0) {
        EXPECT_GE(martingale(n, rank - 1), 1 / alpha) << n;
      }
    }
}

TEST(IntervalRank, HasTheValuesOfTheFormula) {
  using Row = std::tuple<std::size_t, double, std::size_t>;
  for (const auto& [n, alpha, rank] :
       {Row{1, 0.05, 0}, Row{6, 0.05, 0}, Row{7, 0.05, 1}, Row{12, 0.05, 2}, Row{16, 0.05, 3},
        Row{20, 0.05, 4}, Row{41, 0.05, 11}, Row{125, 0.05, 44}, Row{1000, 0.05, 443},
        Row{16, 1e-4, 0}, Row{17, 1e-4, 1}})
    EXPECT_EQ(interval_rank(n, alpha), rank) << n << " at " << alpha;
  EXPECT_EQ(interval_rank(0, 0.05), 0u);
  // Half-width of the Beta mixture's boundary, by Stirling's formula: sqrt(n / 4 ln(n / alpha^2
  // ...)).
  const auto n = std::size_t{100'000'000};
  const double width =
      std::sqrt(n / 2.0 * (std::log(20.0) + 0.5 * std::log(n * std::numbers::pi / 2)));
  EXPECT_NEAR((n / 2.0 - static_cast<double>(interval_rank(n, 0.05))) / width, 1, 0.01);
}

TEST(RoundsForInterval, AreTheFewestWithARank) {
  EXPECT_EQ(rounds_for_interval(0.05), 7u);
  EXPECT_EQ(rounds_for_interval(0.01), 10u);
  EXPECT_EQ(rounds_for_interval(1e-4), 17u);
  EXPECT_EQ(rounds_for_interval(1e-5), 20u);
}

TEST(LevelOfRank, IsTheSmallestThatHasTheRank) {
  for (const std::size_t n : {7u, 20u, 51u})
    for (std::size_t rank = 1; rank <= n / 2; ++rank) {
      const double level = level_of_rank(n, rank);
      if (level >= 1) continue;
      EXPECT_GE(interval_rank(n, level * (1 + 1e-9)), rank);
      EXPECT_LT(interval_rank(n, level * (1 - 1e-9)), rank);
    }
}

TEST(OneSidedMartingale, IsTheIntegralOverBiasesAboveAHalf) {
  // (4 / pi) 2^n times the integral of sin^2s x cos^2(n-s) x over pi / 4 .. pi / 2, by trapezoids.
  for (const auto& [n, s] : {std::pair{1, 1}, {7, 7}, {7, 5}, {20, 14}, {51, 30}, {60, 60}}) {
    constexpr int steps = 20000;
    double sum = 0;
    for (int i = 0; i <= steps; ++i) {
      const double x = std::numbers::pi / 4 * (1 + static_cast<double>(i) / steps);
      sum += (i == 0 || i == steps ? 0.5 : 1) * std::pow(2 * std::pow(std::cos(x), 2), n - s) *
             std::pow(2 * std::pow(std::sin(x), 2), s);
    }
    EXPECT_NEAR(one_sided_martingale(static_cast<std::size_t>(n), static_cast<std::size_t>(s)) /
                    (sum / steps),
                1, 1e-6)
        << s << " of " << n;
  }
  EXPECT_EQ(one_sided_martingale(10, 5), 0);
  EXPECT_EQ(one_sided_martingale(10, 0), 0);
  EXPECT_EQ(one_sided_martingale(0, 0), 0);
}

TEST(OneSidedMartingale, GoesOverIntoTheTwoSidedOneForMoreCoinsThanItsTypeHolds) {
  EXPECT_TRUE(std::isfinite(one_sided_martingale(8000, 4200)));
  EXPECT_DOUBLE_EQ(one_sided_martingale(8001, 4200), martingale(8001, 4200));
  EXPECT_GT(one_sided_martingale(100'000, 60'000), 1e100);
}

/// Share of `series` sequences of coins, `heads` in 1, that reach 1 / alpha at some time.
template <class Martingale>
double ever_reached(double heads, double alpha, const Martingale& value) {
  constexpr std::size_t coins = 300;
  std::vector<std::size_t> fewest;  // heads for each number of coins with which it is reached, and
  std::vector<std::size_t> most;    // of the few: both ends, as the one-sided one has no lower one
  for (std::size_t n = 0; n <= coins; ++n) {
    std::size_t few = 0;
    std::size_t many = n + 1;
    while (few < n / 2 && value(n, few) >= 1 / alpha) ++few;
    while (many > n / 2 + 1 && value(n, many - 1) >= 1 / alpha) --many;
    most.push_back(few);
    fewest.push_back(many);
  }
  std::mt19937_64 random(7);
  std::bernoulli_distribution coin(heads);
  constexpr int series = 4000;
  int reached = 0;
  for (int i = 0; i < series; ++i) {
    std::size_t s = 0;
    bool beyond = false;
    for (std::size_t n = 1; n <= coins && !beyond; ++n) {
      s += coin(random) ? 1u : 0u;
      beyond = s < most[n] || s >= fewest[n];
    }
    reached += beyond ? 1 : 0;
  }
  return static_cast<double>(reached) / series;
}

TEST(Martingales, SeldomReachTheBoundAtAnyTimeWhereCoinsAreFair) {
  for (const double alpha : {0.05, 0.2}) {
    // Not far below either, or the bound would be a waste.
    EXPECT_LE(ever_reached(0.5, alpha, martingale), alpha);
    EXPECT_GE(ever_reached(0.5, alpha, martingale), alpha / 5);
    EXPECT_LE(ever_reached(0.5, alpha, one_sided_martingale), alpha);
    EXPECT_GE(ever_reached(0.5, alpha, one_sided_martingale), alpha / 5);
  }
  EXPECT_LE(ever_reached(0.3, 0.05, one_sided_martingale), 0.01) << "biased the other way";
  EXPECT_GE(ever_reached(0.7, 0.05, one_sided_martingale), 0.99);
}

TEST(NextLook, GoesUpByAThird) {
  std::vector<int> looks;
  for (int rounds = 0; rounds < last_look; looks.push_back(rounds)) rounds = next_look(rounds);
  EXPECT_EQ(looks, (std::vector<int>{7, 9, 12, 16, 21, 28, 38, 51, 69, 93, 125}));
  EXPECT_EQ(next_look(8), 9);
  EXPECT_EQ(next_look(9), 12);
  EXPECT_EQ(next_look(125), 166);
  EXPECT_EQ(next_look(126), 166);
  for (int rounds = 125; rounds < 1'000'000; rounds = next_look(rounds))
    EXPECT_GT(next_look(rounds), rounds);
}

}  // namespace
}  // namespace parlab
