#include "kernels/numerics/primality/primality.hpp"

#include <array>
#include <bit>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/numerics/primality/lucas_parameter.hpp"
#include "kernels/numerics/primality/montgomery.hpp"

namespace parlab {
namespace {

constexpr std::array<std::uint64_t, 16> small_primes = {2,  3,  5,  7,  11, 13, 17, 19,
                                                        23, 29, 31, 37, 41, 43, 47, 53};

/// n - 1 = d 2^s with d odd: n passes where 2^d = 1, or 2^(d 2^r) = -1 for some r < s.
bool passes_base_2(const Montgomery& field, std::uint64_t n) {
  const int s = std::countr_zero(n - 1);
  const std::uint64_t d = (n - 1) >> s;
  std::uint64_t x = field.add(field.one(), field.one());
  for (int bit = static_cast<int>(std::bit_width(d)) - 2; bit >= 0; --bit) {
    x = field.square(x);
    const std::uint64_t twice = field.add(x, x);
    x = (d >> bit & 1) != 0 ? twice : x;
  }
  const std::uint64_t minus_one = n - field.one();
  if (x == field.one() || x == minus_one) return true;
  for (int r = 1; r < s; ++r) {
    x = field.square(x);
    if (x == minus_one) return true;
  }
  return false;
}

/// See the header. From (V_k, V_{k+1}) follow V_{2k} = V_k^2 - 2 and
/// V_{2k+1} = V_k V_{k+1} - P, so a bit of d takes two multiplications.
bool passes_lucas(const Montgomery& field, std::uint64_t n) {
  const unsigned parameter = lucas_parameter(n);
  if (parameter == 0) return false;
  const std::uint64_t p = field.form(parameter);
  const std::uint64_t two = field.form(2);
  const int s = std::countr_zero(n + 1);
  const std::uint64_t d = (n + 1) >> s;
  std::uint64_t v = p;
  std::uint64_t next = field.subtract(field.square(p), two);
  for (int bit = static_cast<int>(std::bit_width(d)) - 2; bit >= 0; --bit) {
    const bool odd = (d >> bit & 1) != 0;
    const std::uint64_t between = field.subtract(field.multiply(v, next), p);
    const std::uint64_t doubled = field.subtract(field.square(odd ? next : v), two);
    v = odd ? between : doubled;
    next = odd ? doubled : between;
  }
  if (v == two || v == n - two) return true;
  for (int r = 0; r < s - 1; ++r) {
    if (v == 0) return true;
    v = field.subtract(field.square(v), two);
  }
  return false;
}

const RegisterKernel registered{
    {"primality", "bpsw", "one 64-bit number, by Baillie, Pomerance, Selfridge and Wagstaff"}};

}  // namespace

bool is_prime(std::uint64_t n) {
  for (const std::uint64_t prime : small_primes)
    if (n % prime == 0) return n == prime;
  constexpr std::uint64_t next_prime = 59;
  if (n < next_prime * next_prime) return n > 1;
  const Montgomery field(n);
  return passes_base_2(field, n) && passes_lucas(field, n);
}

}  // namespace parlab
