#pragma once

// The smallest factor of one number by trial division: the same search in three costs.
//
// naive   divides by every odd number.
// wheel   divides only by numbers coprime to 210, 48 of 210.
// vector  the same candidates in SIMD, by quotients that are linear in the divisor.
//
// The idea of vector. Around a divisor D the quotient is nearly linear in the divisor:
//
//   n / (D + t) = n/D - (n/D^2) t + e(t),   0 <= e(t) <= (n/D^3) t^2 (1 + |t|/D + ...)
//
// While |t| <= h with n h^2 / D^3 <= 0.8, the line moved up by half of the largest e is never more
// than 0.4 away from the quotient. Where d divides n, the quotient is an integer, so rounding the
// line gives exactly it, and then quotient * d = n. That is tested modulo 2^16 only, so that a
// vector of AVX-512 holds 32 candidates; of the others one in 65536 passes too, and is divided
// properly. A line needs one division for 96 candidates at least, and for thousands where d is near
// sqrt(n). Smaller divisors, where n/D^3 is too large, are divided one by one in double precision.
//
// All steps are modulo 2^16 with 16 bits for the fraction, so that nothing can overflow; what
// rounding adds to the 0.4 is below 0.04 (factor_search_vector.cpp). Any 64-bit n will do.
//
// Cost on one core of Zen 4: 0.04 ns an odd number up to the root of an 18-digit prime by AVX-512,
// against 2 ns of the naive search (parlab-micro: factor_search).

#include <array>
#include <cstdint>
#include <string>

#include "kernels/base/function_ref.hpp"
#include "kernels/base/index_range.hpp"

namespace parlab {

/// The smallest divisor d of n in `divisors` that is 2, 3, 5, 7 or coprime to 210; 0 where there is
/// none, or where stop() said so before one was found. stop is called once every
/// divisors_per_poll numbers. Requires divisors.begin >= 2. With divisors from 2 to sqrt(n) the
/// answer is the smallest prime factor.
using FactorSearch = std::uint64_t (*)(std::uint64_t n, IndexRange divisors,
                                       FunctionRef<bool()> stop);

/// Some 300 us of the naive search, 5 us of the vector one.
inline constexpr std::uint64_t divisors_per_poll = 1 << 18;

std::uint64_t smallest_factor_naive(std::uint64_t n, IndexRange divisors, FunctionRef<bool()> stop);
std::uint64_t smallest_factor_wheel(std::uint64_t n, IndexRange divisors, FunctionRef<bool()> stop);
std::uint64_t smallest_factor_vector(std::uint64_t n, IndexRange divisors,
                                     FunctionRef<bool()> stop);

struct FactorSearchVariant {
  const char* name;
  FactorSearch smallest_factor;
};
inline constexpr std::array<FactorSearchVariant, 3> factor_searches = {{
    {"naive", smallest_factor_naive},
    {"wheel", smallest_factor_wheel},
    {"vector", smallest_factor_vector},
}};

/// Throws UsageError, with the nearest valid name, where there is none of that name.
FactorSearch factor_search(const std::string& name);

}  // namespace parlab
