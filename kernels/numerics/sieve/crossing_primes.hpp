#pragma once

// The primes of one size in a run over consecutive segments, with their state.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/numerics/sieve/cross_off.hpp"

namespace parlab {

class CrossingPrimes {
 public:
  /// Forgets all before, but keeps its memory. For the primes above `above` and up to `most` of a
  /// wheel-30 bitmap of primes, and for segments from first_byte on, one after the other.
  void begin_at(std::uint64_t first_byte, std::span<const std::uint8_t> bitmap, std::uint64_t above,
                std::uint64_t most);

  /// Crosses off in bytes[0, size), which stand for the numbers from 30 * first_byte on, by one of
  /// the two ways of cross_off.hpp.
  template <class CrossOff>
  void cross_off(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                 CrossOff cross) {
    for (std::size_t residue = 0; residue < groups_.size(); ++residue) {
      Group& group = groups_[residue];
      start_due(group, size, first_byte);
      cross(residue, bytes, static_cast<std::int32_t>(size), group.primes.data(),
            group.primes.data() + group.active);
    }
  }

 private:
  struct Group {
    std::vector<CrossingPrime> primes;  // those of one wheel residue
    std::size_t active = 0;             // so many have started
  };

  /// A prime starts at its square, for smaller multiples have smaller factors.
  static void start_due(Group& group, std::uint64_t size, std::uint64_t first_byte);

  std::array<Group, 8> groups_;
  std::vector<std::uint32_t> primes_;
  std::vector<std::int32_t> starts_;
};

}  // namespace parlab
