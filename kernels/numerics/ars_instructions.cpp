// ARS-7 in AES instructions. Intrinsics, because Highway 1.0 splits a 512-bit AES round in four.
//
// A round has a latency of 4 cycles and two are started each cycle, so eight vectors are in flight.

#include "kernels/numerics/ars_instructions.hpp"

#include <cstddef>
#include <limits>
#include <string>

#include "kernels/numerics/ars.hpp"
#include "kernels/numerics/simd_level.hpp"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
// gcc 12 warns of its own headers, which leave masked-out lanes undefined on purpose.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <cpuid.h>
#include <immintrin.h>

namespace parlab {
namespace {

constexpr std::uint64_t in_flight = 8;

#define PARLAB_VAES __attribute__((target("vaes,avx512f,avx512bw,avx512dq,popcnt")))
#define PARLAB_AES __attribute__((target("aes,sse4.2")))

PARLAB_VAES std::uint64_t count_by_vaes(IndexRange blocks, std::uint64_t seed) {
  __m512i keys[ars_rounds + 1];
  for (unsigned round = 0; round <= ars_rounds; ++round) {
    const AesState key = ars_key(seed, round);
    keys[round] = _mm512_broadcast_i32x4(
        _mm_set_epi64x(static_cast<long long>(key[1]), static_cast<long long>(key[0])));
  }
  __m512i counter = _mm512_add_epi64(
      _mm512_broadcast_i32x4(_mm_set_epi64x(0, static_cast<long long>(blocks.begin))),
      _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
  const __m512i four = _mm512_broadcast_i32x4(_mm_set_epi64x(0, 4));
  std::uint64_t outside = 0;
  for (std::uint64_t done = 0; done < blocks.size(); done += 4 * in_flight) {
    __m512i state[in_flight];
#pragma GCC unroll 8
    for (auto& s : state) {
      s = _mm512_xor_si512(counter, keys[0]);
      counter = _mm512_add_epi64(counter, four);
    }
#pragma GCC unroll 8
    for (int round = 1; round < ars_rounds; ++round) {
#pragma GCC unroll 8
      for (auto& s : state) s = _mm512_aesenc_epi128(s, keys[round]);
    }
#pragma GCC unroll 8
    for (auto& s : state) s = _mm512_aesenclast_epi128(s, keys[ars_rounds]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < in_flight; i += 2) {
      __mmask8 carry[2];
#pragma GCC unroll 2
      for (std::size_t k = 0; k < 2; ++k) {
        const __m512i x_squared = _mm512_mul_epu32(state[i + k], state[i + k]);
        const __m512i y = _mm512_srli_epi64(state[i + k], 32);
        const __m512i sum = _mm512_add_epi64(x_squared, _mm512_mul_epu32(y, y));
        carry[k] = _mm512_cmplt_epu64_mask(sum, x_squared);
      }
      outside += static_cast<std::uint64_t>(_mm_popcnt_u32(_mm512_kunpackb(carry[0], carry[1])));
    }
  }
  return 2 * blocks.size() - outside;
}

PARLAB_AES std::uint64_t count_by_aes(IndexRange blocks, std::uint64_t seed) {
  __m128i keys[ars_rounds + 1];
  for (unsigned round = 0; round <= ars_rounds; ++round) {
    const AesState key = ars_key(seed, round);
    keys[round] = _mm_set_epi64x(static_cast<long long>(key[1]), static_cast<long long>(key[0]));
  }
  const __m128i sign = _mm_set1_epi64x(std::numeric_limits<long long>::min());
  __m128i counter = _mm_set_epi64x(0, static_cast<long long>(blocks.begin));
  const __m128i one = _mm_set_epi64x(0, 1);
  __m128i minus_outside = _mm_setzero_si128();
  for (std::uint64_t done = 0; done < blocks.size(); done += in_flight) {
    __m128i state[in_flight];
#pragma GCC unroll 8
    for (auto& s : state) {
      s = _mm_xor_si128(counter, keys[0]);
      counter = _mm_add_epi64(counter, one);
    }
#pragma GCC unroll 8
    for (int round = 1; round < ars_rounds; ++round) {
#pragma GCC unroll 8
      for (auto& s : state) s = _mm_aesenc_si128(s, keys[round]);
    }
#pragma GCC unroll 8
    for (auto& s : state) {
      s = _mm_aesenclast_si128(s, keys[ars_rounds]);
      const __m128i x_squared = _mm_mul_epu32(s, s);
      const __m128i y = _mm_srli_epi64(s, 32);
      const __m128i sum = _mm_add_epi64(x_squared, _mm_mul_epu32(y, y));
      // Only signed numbers can be compared: turned signs keep the order of unsigned ones.
      const __m128i carry =
          _mm_cmpgt_epi64(_mm_xor_si128(x_squared, sign), _mm_xor_si128(sum, sign));
      minus_outside = _mm_add_epi64(minus_outside, carry);
    }
  }
  return 2 * blocks.size() + static_cast<std::uint64_t>(_mm_extract_epi64(minus_outside, 0)) +
         static_cast<std::uint64_t>(_mm_extract_epi64(minus_outside, 1));
}

/// clang 14 does not know "vaes" in __builtin_cpu_supports. Intel's manual, volume 2, CPUID leaf 7.
bool has_vaes() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ecx >> 9 & 1) != 0;
}

}  // namespace

AesKernel aes_kernel() {
  const std::string level = simd_level();
  const bool wide = level.starts_with("AVX3");
  if (wide && has_vaes() && __builtin_cpu_supports("avx512bw"))
    return {4 * in_flight, count_by_vaes};
  const bool has_sse4 = level == "SSE4" || level.starts_with("AVX");
  if (has_sse4 && __builtin_cpu_supports("aes")) return {in_flight, count_by_aes};
  return {0, nullptr};
}

}  // namespace parlab

#else

namespace parlab {
AesKernel aes_kernel() { return {0, nullptr}; }
}  // namespace parlab

#endif
