#include <array>
#include <bit>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/numerics/primality/primality.hpp"

namespace parlab {
namespace {

constexpr std::array<std::uint64_t, 12> bases = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};

__extension__ using Wide = unsigned __int128;

std::uint64_t product(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) {
  return static_cast<std::uint64_t>(static_cast<Wide>(a) * b % modulus);
}

std::uint64_t power(std::uint64_t base, std::uint64_t exponent, std::uint64_t modulus) {
  std::uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = product(result, base, modulus);
    base = product(base, base, modulus);
  }
  return result;
}

/// n - 1 = d * 2^s with d odd: n passes where a^d = 1, or a^(d 2^r) = -1 for some r < s.
bool passes(std::uint64_t n, std::uint64_t base) {
  const int s = std::countr_zero(n - 1);
  std::uint64_t x = power(base, (n - 1) >> s, n);
  if (x == 1 || x == n - 1) return true;
  for (int r = 1; r < s; ++r) {
    x = product(x, x, n);
    if (x == n - 1) return true;
  }
  return false;
}

const RegisterKernel registered{
    {"primality", "miller_rabin", "one 64-bit number, by Miller and Rabin to twelve bases"}};

}  // namespace

bool is_prime_by_miller_rabin(std::uint64_t n) {
  if (n < 2) return false;
  for (const std::uint64_t base : bases)
    if (n % base == 0) return n == base;
  for (const std::uint64_t base : bases)
    if (!passes(n, base)) return false;
  return true;
}

}  // namespace parlab
