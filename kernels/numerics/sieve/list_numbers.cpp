// From bits to numbers. With VBMI2 64 bits at once: their places within 240 numbers are bytes,
// which one instruction packs; then eight or sixteen at a time are widened and added to where the
// 240 begin. Intrinsics, because Highway 1.0 packs no bytes.

#include "kernels/numerics/sieve/list_numbers.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/arithmetic/wheel30.hpp"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
// gcc 12 warns of its own headers, which leave masked-out lanes undefined on purpose.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#endif

namespace parlab {
namespace {

template <class Number>
Number* list_one_by_one(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                        Number* out) {
  for_each_number(bytes, size, first_byte,
                  [&](std::uint64_t number) { *out++ = static_cast<Number>(number); });
  return out;
}

#if defined(__x86_64__)

/// The numbers of 64 bits, counted from where the first byte begins.
alignas(64) constexpr std::array<std::uint8_t, 64> places = [] {
  std::array<std::uint8_t, 64> all{};
  for (std::size_t i = 0; i < 64; ++i)
    all[i] = static_cast<std::uint8_t>(30 * (i / 8) + wheel_residues[i % 8]);
  return all;
}();

#define PARLAB_PACKING __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")))

/// Writes `begin` plus each of the `count` bytes at the front.
template <class Number>
PARLAB_PACKING void widen(__m512i packed, std::uint64_t count, std::uint64_t begin, Number* out) {
  constexpr bool is_long = sizeof(Number) == 8;
  constexpr std::uint64_t lanes = 64 / sizeof(Number);
  for (;; count -= lanes, out += lanes) {
    const __m128i front = _mm512_castsi512_si128(packed);
    __m512i numbers;
    if constexpr (is_long)
      numbers = _mm512_add_epi64(_mm512_cvtepu8_epi64(front),
                                 _mm512_set1_epi64(static_cast<long long>(begin)));
    else
      numbers =
          _mm512_add_epi32(_mm512_cvtepu8_epi32(front), _mm512_set1_epi32(static_cast<int>(begin)));
    if (count <= lanes) {
      const std::uint32_t rest = (1U << count) - 1;
      if constexpr (is_long)
        _mm512_mask_storeu_epi64(out, static_cast<__mmask8>(rest), numbers);
      else
        _mm512_mask_storeu_epi32(out, static_cast<__mmask16>(rest), numbers);
      return;
    }
    _mm512_storeu_si512(out, numbers);
    // The next ones to the front: each 64-bit lane from one or two above.
    packed = _mm512_alignr_epi64(packed, packed, lanes / 8);
  }
}

template <class Number>
PARLAB_PACKING Number* list_packed(const std::uint8_t* bytes, std::uint64_t size,
                                   std::uint64_t first_byte, Number* out) {
  constexpr std::uint64_t step = 8;  // bytes
  const __m512i all_places = _mm512_load_si512(places.data());
  std::uint64_t at = 0;
  for (; at + step <= size; at += step) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes + at, sizeof bits);
    const auto count = static_cast<std::uint64_t>(_mm_popcnt_u64(bits));
    widen(_mm512_maskz_compress_epi8(bits, all_places), count, 30 * (first_byte + at), out);
    out += count;
  }
  return list_one_by_one(bytes + at, size - at, first_byte + at, out);
}

bool can_pack() {
  return __builtin_cpu_supports("avx512vbmi2") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0;
}

#endif

template <class Number>
Number* list(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte, Number* out) {
#if defined(__x86_64__)
  static const bool packing = can_pack();
  if (packing && simd_level().starts_with("AVX3")) return list_packed(bytes, size, first_byte, out);
#endif
  return list_one_by_one(bytes, size, first_byte, out);
}

}  // namespace

std::uint64_t* list_numbers(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                            std::uint64_t* out) {
  return list(bytes, size, first_byte, out);
}

std::uint32_t* list_numbers(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                            std::uint32_t* out) {
  return list(bytes, size, first_byte, out);
}

}  // namespace parlab
