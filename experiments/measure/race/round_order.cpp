#include "experiments/measure/race/round_order.hpp"

#include <algorithm>
#include <random>

namespace parlab {

std::vector<std::size_t> round_order(std::vector<std::size_t> entrants, std::uint64_t seed,
                                     std::uint64_t round) {
  constexpr std::uint64_t low_half = 0xffffffff;  // a seed sequence keeps 32 bits of each number
  std::seed_seq words{seed & low_half, seed >> 32, round & low_half, round >> 32};
  std::mt19937_64 random(words);
  std::shuffle(entrants.begin(), entrants.end(), random);
  return entrants;
}

}  // namespace parlab
