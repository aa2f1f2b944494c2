#include "kernels/numerics/factors/factor_search.hpp"

#include <algorithm>
#include <vector>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/numerics/arithmetic/wheel210.hpp"
#include "kernels/numerics/factors/polled_search.hpp"

namespace parlab {
namespace {

bool is_candidate(std::uint64_t divisor) {
  return divisor <= 10 ? divisor != 4 && divisor != 6 && divisor < 8
                       : std::gcd(divisor, std::uint64_t{210}) == 1;
}

std::uint64_t search_naive(std::uint64_t n, IndexRange divisors) {
  if (divisors.begin <= 2 && divisors.end > 2 && n % 2 == 0) return 2;
  for (std::uint64_t divisor = divisors.begin | 1; divisor < divisors.end; divisor += 2) {
    if (n % divisor == 0 && is_candidate(divisor)) return divisor;
    if (divisor == ~std::uint64_t{0}) break;
  }
  return 0;
}

}  // namespace

std::uint64_t search_by_wheel(std::uint64_t n, IndexRange divisors) {
  for (const std::uint64_t prime : wheel210_primes)
    if (divisors.begin <= prime && prime < divisors.end && n % prime == 0) return prime;
  for (std::uint64_t turn = divisors.begin / 210; turn <= divisors.end / 210; ++turn) {
    for (const std::uint64_t residue : wheel210_residues) {
      const std::uint64_t divisor = 210 * turn + residue;
      // By difference, which is right for a divisor that wrapped around beyond 2^64 too.
      if (divisor - divisors.begin < divisors.size() && n % divisor == 0) return divisor;
    }
  }
  return 0;
}

std::uint64_t smallest_factor_naive(std::uint64_t n, IndexRange divisors,
                                    FunctionRef<bool()> stop) {
  return search_polling(divisors, stop, [n](IndexRange part) { return search_naive(n, part); });
}

std::uint64_t smallest_factor_wheel(std::uint64_t n, IndexRange divisors,
                                    FunctionRef<bool()> stop) {
  return search_polling(divisors, stop, [n](IndexRange part) { return search_by_wheel(n, part); });
}

namespace {

const RegisterKernel naive{{"factor_search", "naive", "a number's factor, by every odd divisor"}};
const RegisterKernel wheel{{"factor_search", "wheel", "a number's factor, by the wheel of 210"}};
const RegisterKernel vector{
    {"factor_search", "vector", "a number's factor, by SIMD and quotients linear in the divisor"}};

}  // namespace
FactorSearch factor_search(const std::string& name) {
  return entry_named(factor_searches, "variant", name).smallest_factor;
}

}  // namespace parlab
