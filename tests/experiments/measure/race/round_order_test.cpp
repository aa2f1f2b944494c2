#include "experiments/measure/race/round_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace parlab {
namespace {

using Order = std::vector<std::size_t>;

constexpr std::size_t arms = 5;
constexpr int rounds = 4000;
const Order everyone{0, 1, 2, 3, 4};

TEST(RoundOrder, HoldsEveryEntrantOnce) {
  for (std::uint64_t round = 0; round < 100; ++round) {
    Order order = round_order({7, 3, 11}, 1, round);
    std::ranges::sort(order);
    EXPECT_EQ(order, (Order{3, 7, 11}));
  }
  EXPECT_EQ(round_order({}, 1, 1), Order{});
  EXPECT_EQ(round_order({4}, 1, 1), Order{4});
}

TEST(RoundOrder, IsTheSameForTheSameSeedAndRoundOnly) {
  int same_round = 0;
  int same_seed = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(round_order(everyone, i, 5), round_order(everyone, i, 5));
    same_round += round_order(everyone, i, 5) == round_order(everyone, i + 1, 5) ? 1 : 0;
    same_seed += round_order(everyone, 5, i) == round_order(everyone, 5, i + 1) ? 1 : 0;
  }
  // 1 of 120 orders by chance: 8.3 of 1000.
  EXPECT_LT(same_round, 25);
  EXPECT_LT(same_seed, 25);
  // Also where only the upper half of a seed differs.
  EXPECT_NE(round_order({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 0),
            round_order({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1 + (std::uint64_t{1} << 32), 0));
}

/// Within four standard errors of a share of all rounds.
void expect_share(int count, double share, const char* what) {
  EXPECT_NEAR(count, share * rounds, 4 * std::sqrt(rounds * share * (1 - share))) << what;
}

TEST(RoundOrder, GivesEachArmEveryPlaceAndEveryPredecessorEquallyOften) {
  std::array<std::array<int, arms>, arms> at{};
  std::array<std::array<int, arms>, arms> follows{};
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const Order order = round_order(everyone, 1, round);
    for (std::size_t place = 0; place < arms; ++place) {
      ++at[order[place]][place];
      if (place > 0) ++follows[order[place]][order[place - 1]];
    }
  }
  for (std::size_t a = 0; a < arms; ++a)
    for (std::size_t b = 0; b < arms; ++b) {
      expect_share(at[a][b], 1.0 / arms, "place");
      if (a != b) expect_share(follows[a][b], 1.0 / arms, "predecessor");
    }
}

TEST(RoundOrder, DoesNotFollowFromTheRoundBefore) {
  // Which of a pair runs first in one round says nothing of the next: four outcomes, equally often.
  std::array<int, 4> outcomes{};
  const auto first = [](const Order& order) {
    return std::ranges::find(order, 0u) < std::ranges::find(order, 1u) ? 1 : 0;
  };
  for (std::uint64_t round = 0; round < rounds; ++round)
    ++outcomes[2 * first(round_order(everyone, 1, round)) +
               first(round_order(everyone, 1, round + 1))];
  for (const int count : outcomes) expect_share(count, 0.25, "pair of rounds");
}

}  // namespace
}  // namespace parlab
