// ARS-7 in AES instructions. Intrinsics, because Highway 1.0 splits a 512-bit AES round in four.
//
// A round has a latency of 4 cycles and two are started each cycle, so eight vectors are in flight.

#include "kernels/numerics/darts/ars_instructions.hpp"

#include <cstddef>
#include <limits>
#include <string>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/darts/ars.hpp"

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

/// Four blocks a vector. Calls take(first, second) for all pairs of vectors, and returns it.
template <class Take>
PARLAB_VAES Take generate_by_vaes(IndexRange blocks, std::uint64_t seed, Take take) {
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
    for (std::size_t i = 0; i < in_flight; i += 2) take(state[i], state[i + 1]);
  }
  return take;
}

/// Sixteen darts of 32 bits a coordinate: 64 bits each, X in the lower half.
struct OutsideByVaes {
  PARLAB_VAES void operator()(__m512i first, __m512i second) {
    const __mmask8 of_first = carries(first), of_second = carries(second);
    outside += static_cast<std::uint64_t>(_mm_popcnt_u32(_mm512_kunpackb(of_first, of_second)));
  }
  PARLAB_VAES static __mmask8 carries(__m512i darts) {
    const __m512i x_squared = _mm512_mul_epu32(darts, darts);
    const __m512i y = _mm512_srli_epi64(darts, 32);
    return _mm512_cmplt_epu64_mask(_mm512_add_epi64(x_squared, _mm512_mul_epu32(y, y)), x_squared);
  }
  std::uint64_t outside = 0;
};

/// Eight darts of 53 bits a coordinate: 128 bits each, X in the lower half.
struct InsideByVaes53 {
  PARLAB_VAES void operator()(__m512i first, __m512i second) {
    const __m512d a = squares(first), b = squares(second);
    const __m512d sum = _mm512_add_pd(_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
    inside += static_cast<std::uint64_t>(
        _mm_popcnt_u32(_mm512_cmp_pd_mask(sum, _mm512_set1_pd(0x1p106), _CMP_LT_OQ)));
  }
  PARLAB_VAES static __m512d squares(__m512i words) {
    const __m512d coordinates = _mm512_cvtepu64_pd(_mm512_srli_epi64(words, 11));
    return _mm512_mul_pd(coordinates, coordinates);
  }
  std::uint64_t inside = 0;
};

PARLAB_VAES std::uint64_t count_by_vaes(IndexRange blocks, std::uint64_t seed) {
  return 2 * blocks.size() - generate_by_vaes(blocks, seed, OutsideByVaes()).outside;
}
PARLAB_VAES std::uint64_t count_53_by_vaes(IndexRange blocks, std::uint64_t seed) {
  return generate_by_vaes(blocks, seed, InsideByVaes53()).inside;
}

/// As generate_by_vaes, a block a vector.
template <class Take>
PARLAB_AES Take generate_by_aes(IndexRange blocks, std::uint64_t seed, Take take) {
  __m128i keys[ars_rounds + 1];
  for (unsigned round = 0; round <= ars_rounds; ++round) {
    const AesState key = ars_key(seed, round);
    keys[round] = _mm_set_epi64x(static_cast<long long>(key[1]), static_cast<long long>(key[0]));
  }
  __m128i counter = _mm_set_epi64x(0, static_cast<long long>(blocks.begin));
  const __m128i one = _mm_set_epi64x(0, 1);
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
    for (auto& s : state) s = _mm_aesenclast_si128(s, keys[ars_rounds]);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < in_flight; i += 2) take(state[i], state[i + 1]);
  }
  return take;
}

PARLAB_AES std::uint64_t sum_of_halves(__m128i v) {
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(v)) +
         static_cast<std::uint64_t>(_mm_extract_epi64(v, 1));
}

/// A true lane of a comparison is -1: lanes are subtracted.
struct OutsideByAes {
  PARLAB_AES void operator()(__m128i first, __m128i second) {
    minus_outside = _mm_add_epi64(minus_outside, carries(first));
    minus_outside = _mm_add_epi64(minus_outside, carries(second));
  }
  PARLAB_AES static __m128i carries(__m128i darts) {
    const __m128i x_squared = _mm_mul_epu32(darts, darts);
    const __m128i y = _mm_srli_epi64(darts, 32);
    const __m128i sum = _mm_add_epi64(x_squared, _mm_mul_epu32(y, y));
    // Only signed numbers can be compared: turned signs keep the order of unsigned ones.
    const __m128i sign = _mm_set1_epi64x(std::numeric_limits<long long>::min());
    return _mm_cmpgt_epi64(_mm_xor_si128(x_squared, sign), _mm_xor_si128(sum, sign));
  }
  __m128i minus_outside;
};

struct InsideByAes53 {
  PARLAB_AES void operator()(__m128i first, __m128i second) {
    const __m128d a = squares(first), b = squares(second);
    const __m128d sum = _mm_add_pd(_mm_unpacklo_pd(a, b), _mm_unpackhi_pd(a, b));
    minus_inside =
        _mm_add_epi64(minus_inside, _mm_castpd_si128(_mm_cmplt_pd(sum, _mm_set1_pd(0x1p106))));
  }
  /// No instruction below AVX-512 converts 64 bits. Both halves of the 53 are exact as the last bits
  /// of a double that has 2^52, or 2^84 for the upper one, and so is their sum.
  PARLAB_AES static __m128d squares(__m128i words) {
    const __m128i bits = _mm_srli_epi64(words, 11);
    const __m128i of_lower = _mm_castpd_si128(_mm_set1_pd(0x1p52));
    const __m128i of_upper = _mm_castpd_si128(_mm_set1_pd(0x1p84));
    const __m128d lower = _mm_castsi128_pd(_mm_blend_epi16(bits, of_lower, 0b11001100));
    const __m128d upper = _mm_castsi128_pd(_mm_or_si128(_mm_srli_epi64(bits, 32), of_upper));
    const __m128d coordinates = _mm_add_pd(_mm_sub_pd(upper, _mm_set1_pd(0x1p84 + 0x1p52)), lower);
    return _mm_mul_pd(coordinates, coordinates);
  }
  __m128i minus_inside;
};

PARLAB_AES std::uint64_t count_by_aes(IndexRange blocks, std::uint64_t seed) {
  const OutsideByAes none{_mm_setzero_si128()};
  return 2 * blocks.size() + sum_of_halves(generate_by_aes(blocks, seed, none).minus_outside);
}
PARLAB_AES std::uint64_t count_53_by_aes(IndexRange blocks, std::uint64_t seed) {
  const InsideByAes53 none{_mm_setzero_si128()};
  return 0 - sum_of_halves(generate_by_aes(blocks, seed, none).minus_inside);
}

/// clang 14 does not know "vaes" in __builtin_cpu_supports. Intel's manual, volume 2, CPUID leaf 7.
/// Asked once: in a virtual machine CPUID is answered by the host, which takes microseconds.
bool has_vaes() {
  static const bool has = [] {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ecx >> 9 & 1) != 0;
  }();
  return has;
}

}  // namespace

AesKernel aes_kernel() {
  const std::string level = simd_level();
  const bool wide = level.starts_with("AVX3");
  if (wide && has_vaes() && __builtin_cpu_supports("avx512bw"))
    return {4 * in_flight, count_by_vaes, count_53_by_vaes};
  const bool has_sse4 = level == "SSE4" || level.starts_with("AVX");
  if (has_sse4 && __builtin_cpu_supports("aes")) return {in_flight, count_by_aes, count_53_by_aes};
  return {};
}

}  // namespace parlab

#else

namespace parlab {
AesKernel aes_kernel() { return {}; }
}  // namespace parlab

#endif
