// Montgomery's multiplication (montgomery.hpp) in every lane of Highway's vectors. Included once
// for each SIMD level, hence the guard that toggles.

#if defined(PARLAB_MONTGOMERY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARLAB_MONTGOMERY_INL
#undef PARLAB_MONTGOMERY_INL
#else
#define PARLAB_MONTGOMERY_INL
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/numerics/arithmetic/kept_vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;
using WordTag = hn::ScalableTag<std::uint64_t>;
using SignedTag = hn::RebindToSigned<WordTag>;
using Words = hn::Vec<WordTag>;
using Flags = hn::Mask<WordTag>;

/// 64-bit products of the lanes' lower halves.
HWY_INLINE Words multiply_halves(Words a, Words b) {
  const hn::Repartition<std::uint32_t, WordTag> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::BitCast(halves, b));
}

HWY_INLINE Words low_product(Words a, Words b) {
#if HWY_TARGET <= HWY_AVX3
  return hn::Mul(a, b);
#else
  const Words cross =
      hn::Add(multiply_halves(hn::ShiftRight<32>(a), b), multiply_halves(a, hn::ShiftRight<32>(b)));
  return hn::Add(multiply_halves(a, b), hn::ShiftLeft<32>(cross));
#endif
}

/// By schoolbook from four products of halves; the sums cannot overflow.
HWY_INLINE Words high_product(Words a, Words b) {
  const Words low_half = hn::Set(WordTag(), 0xFFFFFFFF);
  const Words a_high = hn::ShiftRight<32>(a);
  const Words b_high = hn::ShiftRight<32>(b);
  const Words middle =
      hn::Add(multiply_halves(a_high, b), hn::ShiftRight<32>(multiply_halves(a, b)));
  const Words other = hn::Add(multiply_halves(a, b_high), hn::And(middle, low_half));
  return hn::Add(hn::Add(multiply_halves(a_high, b_high), hn::ShiftRight<32>(middle)),
                 hn::ShiftRight<32>(other));
}

/// (h 2^32 + l)^2 = h^2 2^64 + h l 2^33 + l^2.
HWY_INLINE Words high_square(Words a) {
  const Words high = hn::ShiftRight<32>(a);
  const Words middle = hn::Add(multiply_halves(a, high), hn::ShiftRight<33>(multiply_halves(a, a)));
  return hn::Add(multiply_halves(high, high), hn::ShiftRight<31>(middle));
}

HWY_INLINE Words select(Flags flags, Words yes, Words no) { return hn::IfThenElse(flags, yes, no); }
HWY_INLINE Flags top_bit(Words x) {
  const SignedTag signed_tag;
  return hn::RebindMask(WordTag(), hn::Lt(hn::BitCast(signed_tag, x), hn::Zero(signed_tag)));
}
/// Where value < limits.
HWY_INLINE Flags below(std::uint64_t value, Words limits) {
  return hn::Lt(hn::Set(WordTag(), value), limits);
}
inline void store_flags(Flags flags, std::uint8_t* out) {
  alignas(64) std::uint64_t words[lanes_of<std::uint64_t>];
  hn::Store(hn::VecFromMask(WordTag(), flags), WordTag(), words);
  for (std::size_t i = 0; i < hn::Lanes(WordTag()); ++i) out[i] = words[i] != 0 ? 1 : 0;
}

/// 2^64 modulo n >= 2^15. The quotient is cut a little short, so it is the right one or one less:
/// rounded twice, it is off by less than 2^-52 of itself, and 2^-50 of 2^49 is less than 1.
HWY_INLINE Words two_to_64_modulo(Words n) {
  const SignedTag signed_tag;
  const hn::RebindToFloat<WordTag> doubles;
  const auto divisor = hn::ConvertTo(doubles, hn::BitCast(signed_tag, n));
  const auto quotient =
      hn::ConvertTo(signed_tag, hn::Div(hn::Set(doubles, 0x1p64 - 0x1p14), divisor));
  const Words zero = hn::Zero(WordTag());
  const Words rest = hn::Sub(zero, low_product(hn::BitCast(WordTag(), quotient), n));
  const Words smaller = select(hn::Lt(rest, n), rest, hn::Sub(rest, n));
  return select(top_bit(n), hn::Sub(zero, n), smaller);  // of those the quotient is 1
}

/// Montgomery for `count` vectors of odd moduli from 2^15 on.
template <std::size_t count>
struct WordFields {
  explicit WordFields(const std::uint64_t* moduli) {
    const WordTag tag;
    const Words two = hn::Set(tag, 2);
    for (std::size_t v = 0; v < count; ++v) {
      n[v] = hn::LoadU(tag, moduli + v * hn::Lanes(tag));
      one[v] = two_to_64_modulo(n[v]);
      Words x = hn::Xor(hn::Add(n[v], hn::Add(n[v], n[v])), two);
      for (int bits = 5; bits < 64; bits *= 2)
        x = low_product(x, hn::Sub(two, low_product(n[v], x)));
      inverse[v] = x;
    }
  }

  HWY_INLINE Words subtract(std::size_t v, Words a, Words b) const {
    const Words difference = hn::Sub(a, b);
    return select(hn::Lt(a, b), hn::Add(difference, n[v]), difference);
  }
  HWY_INLINE Words add(std::size_t v, Words a, Words b) const {
    return subtract(v, a, hn::Sub(n[v], b));
  }
  HWY_INLINE Words reduce(std::size_t v, Words high, Words low) const {
    return subtract(v, high, high_product(low_product(low, inverse[v]), n[v]));
  }
  HWY_INLINE Words multiply(std::size_t v, Words a, Words b) const {
    return reduce(v, high_product(a, b), low_product(a, b));
  }
  HWY_INLINE Words square(std::size_t v, Words a) const {
    return reduce(v, high_square(a), low_product(a, a));
  }
  /// a / 2^powers, for powers below 64. What a reduction divides by 2^64, shifted up before.
  HWY_INLINE Words divide_by_power(std::size_t v, Words a, Words powers) const {
    const Words up = hn::Sub(hn::Set(WordTag(), 63), powers);
    return reduce(v, hn::Shr(a, powers), hn::Shl(hn::Add(a, a), up));
  }
  /// Small integers in Montgomery's form, bit by bit.
  HWY_INLINE Words form(std::size_t v, const std::uint64_t* small) const {
    const WordTag tag;
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < lanes_of<std::uint64_t>; ++i) all |= small[i];
    const int bits = std::max(static_cast<int>(std::bit_width(all)), 1);
    const Words zero = hn::Zero(tag);
    Words sum = zero, integers = hn::LoadU(tag, small);
    integers = hn::ShiftLeftSame(integers, 64 - bits);
    for (int bit = 0; bit < bits; ++bit) {
      sum = add(v, sum, sum);
      sum = add(v, sum, select(top_bit(integers), Words(one[v]), zero));
      integers = hn::Add(integers, integers);
    }
    return sum;
  }

  Kept<Words> n[count], inverse[count], one[count];
};

#endif  // HWY_SCALAR
}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
