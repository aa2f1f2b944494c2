#include "kernels/numerics/sieve/segment_edges.hpp"

#include "kernels/numerics/arithmetic/wheel30.hpp"
#include "kernels/numerics/sieve/presieve.hpp"

namespace parlab {

void mend_ends(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
               IndexRange range) {
  constexpr auto is_small_prime = [](std::uint32_t n) {
    for (std::uint32_t divisor = 7; divisor * divisor <= n; divisor += 2)
      if (n % divisor == 0) return false;
    return true;
  };
  for (std::uint64_t byte = first_byte;
       byte <= Presieve::largest_prime / 30 && byte < first_byte + size; ++byte) {
    for (std::size_t i = 0; i < 8; ++i) {
      const auto n = static_cast<std::uint32_t>(30 * byte + wheel_residues[i]);
      if (n <= Presieve::largest_prime && is_small_prime(n))
        bytes[byte - first_byte] |= wheel_bit[n % 30];
    }
  }
  const auto drop = [&](std::uint64_t byte, const auto& outside) {
    if (byte < first_byte || byte >= first_byte + size) return;
    for (std::size_t i = 0; i < 8; ++i) {
      if (outside(wheel_residues[i]))
        bytes[byte - first_byte] &= static_cast<std::uint8_t>(~(1U << i));
    }
  };
  drop(range.begin / 30, [&](std::uint32_t residue) { return residue < range.begin % 30; });
  drop(range.end / 30, [&](std::uint32_t residue) { return residue >= range.end % 30; });
}

}  // namespace parlab
