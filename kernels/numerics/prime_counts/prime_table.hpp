#pragma once

// How many primes there are up to any number of a table: a bit for each number coprime to 30, and a
// running count for each 240 numbers. A look-up is one division by a constant and one population
// count. Memory: most / 15 bytes.

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "kernels/numerics/arithmetic/wheel30.hpp"

namespace parlab {

class PrimeTable {
 public:
  explicit PrimeTable(std::uint64_t most);

  /// The primes up to n. Requires 5 <= n <= most.
  std::uint64_t count(std::uint64_t n) const {
    const Word& word = words_[n / 240];
    return word.before +
           static_cast<unsigned>(std::popcount(word.bits & wheel_bits_up_to[n % 240]));
  }

  /// Calls visit(p) for the primes above `above` and up to `most`, from large to small. Requires
  /// above >= 5.
  template <class Visit>
  void for_each_downwards(std::uint64_t above, std::uint64_t most, const Visit& visit) const {
    if (above >= most) return;
    for (std::uint64_t at = most / 240 + 1; at-- > above / 240;) {
      std::uint64_t bits = words_[at].bits;
      if (at == most / 240) bits &= wheel_bits_up_to[most % 240];
      if (at == above / 240) bits &= ~wheel_bits_up_to[above % 240];
      while (bits != 0) {
        const auto bit = static_cast<std::size_t>(std::bit_width(bits)) - 1;
        visit(240 * at + 30 * (bit / 8) + wheel_residues[bit % 8]);
        bits ^= std::uint64_t{1} << bit;
      }
    }
  }

 private:
  struct Word {
    std::uint64_t bits = 0;
    std::uint64_t before = 0;  // primes below the first number of the word
  };

  std::vector<Word> words_;
};

}  // namespace parlab
