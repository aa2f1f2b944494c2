#include "kernels/numerics/primality/lucas_parameter.hpp"

#include <bit>
#include <utility>

#include "kernels/numerics/arithmetic/integer_sqrt.hpp"

namespace parlab {
namespace {

/// (a / n) for odd n > a, by quadratic reciprocity. H. Cohen, "A course in computational algebraic
/// number theory", algorithm 1.4.10.
int jacobi(std::uint64_t a, std::uint64_t n) {
  int sign = 1;
  while (a != 0) {
    const int twos = std::countr_zero(a);
    a >>= twos;
    if (twos % 2 == 1 && (n % 8 == 3 || n % 8 == 5)) sign = -sign;
    if (a % 4 == 3 && n % 4 == 3) sign = -sign;
    // After the first step both are as small as a, and so is the division.
    n = std::exchange(a, n % a);
  }
  return n == 1 ? sign : 0;
}

}  // namespace

unsigned lucas_parameter(std::uint64_t n) {
  // Of a square every symbol is 0 or 1. Half of the others are found at each step.
  constexpr unsigned look_for_square_at = 20;
  for (unsigned p = 3;; ++p) {
    const std::uint64_t discriminant = std::uint64_t{p} * p - 4;
    const int symbol = jacobi(discriminant, n);
    if (symbol == -1) return p;
    if (symbol == 0 && discriminant % n != 0) return 0;
    if (p == look_for_square_at) {
      const std::uint64_t root = integer_sqrt(n);
      if (root * root == n) return 0;
    }
  }
}

}  // namespace parlab
