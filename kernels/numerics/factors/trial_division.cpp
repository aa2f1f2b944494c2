#include "kernels/numerics/factors/trial_division.hpp"

#include "kernels/base/kernel_registry.hpp"

namespace parlab {

bool is_prime_by_trial(std::uint64_t n) {
  if (n < 2) return false;
  if (n % 2 == 0) return n == 2;
  // Stops by the quotient, which the division gives anyway: divisor * divisor could overflow.
  for (std::uint64_t divisor = 3;; divisor += 2) {
    const std::uint64_t quotient = n / divisor;
    if (quotient < divisor) return true;
    if (n % divisor == 0) return false;
  }
}

std::uint64_t count_primes_by_trial(IndexRange range) {
  std::uint64_t count = 0;
  for (std::uint64_t n = range.begin; n < range.end; ++n) count += is_prime_by_trial(n) ? 1 : 0;
  return count;
}

std::uint64_t list_primes_by_trial(IndexRange range, std::uint64_t* out) {
  std::uint64_t count = 0;
  for (std::uint64_t n = range.begin; n < range.end; ++n) {
    if (is_prime_by_trial(n)) out[count++] = n;
  }
  return count;
}

namespace {

const RegisterKernel registered{{
    .name = "trial_division",
    .variant = "scalar",
    .what = "primes by 2 and every odd divisor up to the square root",
}};

}  // namespace
}  // namespace parlab
