#include "kernels/numerics/primality/lucas_parameter.hpp"

#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "kernels/numerics/arithmetic/integer_sqrt.hpp"

namespace parlab {
namespace {

/// (a / n) for odd n > a, by quadratic reciprocity. H. Cohen, "A course in computational algebraic
/// number theory", algorithm 1.4.10.
constexpr int jacobi(std::uint64_t a, std::uint64_t n) {
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

/// P^2 - 4 is 5, 12, 21, 32, 45 and 60 for P from 3 to 8. By quadratic reciprocity their symbols over
/// n repeat with this period, for n that have no factor in common with it.
constexpr std::uint64_t period = 840;
constexpr unsigned first_without_table = 9;

/// By n % period: the parameter, or 0 where it is none of those.
constexpr std::array<std::uint8_t, period> small_parameters = [] {
  std::array<std::uint8_t, period> parameters{};
  for (std::uint64_t n = 1; n < period; n += 2) {
    if (std::gcd(n, period) != 1) continue;
    for (unsigned p = first_without_table - 1; p >= 3; --p)
      if (jacobi(p * p - 4, n + period) == -1) parameters[n] = static_cast<std::uint8_t>(p);
  }
  return parameters;
}();

}  // namespace

unsigned lucas_parameter(std::uint64_t n) {
  if (const unsigned p = small_parameters[n % period]; p != 0) return p;
  // Of a square every symbol is 0 or 1. Half of the others are found at each step.
  constexpr unsigned look_for_square_at = 20;
  for (unsigned p = first_without_table;; ++p) {
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
