// most_primes_in of sieve.hpp.

#include <algorithm>
#include <cmath>

#include "kernels/numerics/sieve/sieve.hpp"

namespace parlab {

std::uint64_t most_primes_in(IndexRange range) {
  // Eight of 30 numbers are coprime to 30; 2, 3, 5 are not.
  const std::uint64_t by_wheel = range.size() / 30 * 8 + 8 + 3;
  if (range.size() < 30) return std::min(range.size(), by_wheel);
  // H. Montgomery, R. Vaughan, "The large sieve", Mathematika 20, 1973, theorem 2.
  const auto size = static_cast<double>(range.size());
  const double by_length = 2 * size / std::log(size);
  // J. B. Rosser, L. Schoenfeld, Illinois J. Math. 6, 1962, equation 3.6.
  const auto end = static_cast<double>(range.end);
  const double up_to_end = 1.25506 * end / std::log(end);
  return std::min(by_wheel, static_cast<std::uint64_t>(std::min(by_length, up_to_end)) + 1);
}

}  // namespace parlab
