// are_prime: the tests of primality.hpp on many numbers at once.
//
// Three steps, each on what the one before has left, packed anew so that no lane is idle: division
// by small primes, the strong test to base 2, the Lucas test. The exponents' bits differ from lane
// to lane: all begin at the highest bit of any, where leading zeros leave 1 at 1 and V_0 at V_0.
//
// Several vectors run in turn, because a Montgomery multiplication has a long latency.

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/numerics/primality/lucas_parameter.hpp"
#include "kernels/numerics/primality/montgomery.hpp"
#include "kernels/numerics/primality/primality.hpp"

#ifndef PARLAB_PRIMALITY_BATCH  // once, however often this file is compiled
#define PARLAB_PRIMALITY_BATCH
namespace parlab {
namespace {

/// How many numbers a call of a test takes. 0 where the level has no vectors: use is_prime.
struct BatchSizes {
  std::size_t base_2, lucas;
};

/// Vectors in flight; with one more the registers of AVX-512 do not suffice.
constexpr std::size_t base_2_vectors = 4;
constexpr std::size_t lucas_vectors = 3;
constexpr std::size_t max_at_once = 32;  // numbers, four vectors of AVX-512

/// n is a multiple of an odd prime p where n / p modulo 2^64 is at most (2^64 - 1) / p: T.
/// Granlund, P. Montgomery, "Division by invariant integers using multiplication", PLDI 1994,
/// section 9.
struct SmallPrime {
  std::uint64_t inverse, most;
};
constexpr std::array<SmallPrime, 50> small_primes = [] {
  std::array<SmallPrime, 50> primes{};
  std::size_t count = 0;
  for (std::uint64_t n = 3; count < primes.size(); n += 2) {
    bool prime = true;
    for (std::uint64_t d = 3; d * d <= n; d += 2) prime = prime && n % d != 0;
    if (prime) primes[count++] = {inverse_modulo_word(n), ~std::uint64_t{0} / n};
  }
  return primes;
}();

}  // namespace
}  // namespace parlab
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/primality/primality_batch.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/primality/montgomery-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR
BatchSizes batch_sizes() { return {0, 0}; }
void test_base_2(const std::uint64_t*, std::uint8_t*) {}
void test_lucas(const std::uint64_t*, const std::uint64_t*, std::uint8_t*) {}
void sift_small_primes(const std::uint64_t*, std::size_t, std::uint8_t*) {}
#else

constexpr std::size_t lanes = lanes_of<std::uint64_t>;

BatchSizes batch_sizes() { return {base_2_vectors * lanes, lucas_vectors * lanes}; }

/// Exponents odd(m) with m = odd 2^s > 0, shifted so that the highest bit of any is bit 63.
template <std::size_t at_once>
struct Exponents {
  explicit Exponents(const std::uint64_t* m) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < at_once; ++i) {
      // Not std::countr_zero: its case for 0, which m[i] never is, crashes g++ 14 at -O3 (AVX3,
      // vectorizer).
      twos[i] = static_cast<std::uint64_t>(__builtin_ctzll(m[i]));
      most_twos = std::max(most_twos, twos[i]);
      odd[i] = m[i] >> twos[i];
      all |= odd[i];
    }
    bits = static_cast<int>(std::bit_width(all));
    for (std::uint64_t& exponent : odd) exponent <<= 64 - bits;
  }
  alignas(64) std::uint64_t odd[at_once];
  alignas(64) std::uint64_t twos[at_once];
  std::uint64_t most_twos = 0;
  int bits;
};

/// Writes 1 for each odd number that no small prime divides. Reads and writes whole vectors.
void sift_small_primes(const std::uint64_t* numbers, std::size_t count, std::uint8_t* out) {
  const WordTag tag;
  for (std::size_t at = 0; at < count; at += lanes) {
    const Words n = hn::LoadU(tag, numbers + at);
    const Words one = hn::Set(tag, 1);
    auto survives = hn::Eq(hn::And(n, one), one);
    for (const SmallPrime& prime : small_primes) {
      const Words quotient = low_product(n, hn::Set(tag, prime.inverse));
      survives = hn::And(survives, below(prime.most, quotient));
    }
    store_flags(survives, out + at);
  }
}

/// As passes_base_2 in primality.cpp, for that many odd numbers.
void test_base_2(const std::uint64_t* numbers, std::uint8_t* out) {
  constexpr std::size_t in_flight = base_2_vectors;
  constexpr std::size_t at_once = in_flight * lanes;
  alignas(64) std::uint64_t before[at_once];
  for (std::size_t i = 0; i < at_once; ++i) before[i] = numbers[i] - 1;
  const Exponents<at_once> exponents(before);
  WordFields<in_flight> fields(numbers);
  Kept<Words> x[in_flight], exponent[in_flight];
  for (std::size_t v = 0; v < in_flight; ++v) {
    x[v] = fields.one[v];
    exponent[v] = hn::Load(WordTag(), exponents.odd + v * lanes);
  }
  constexpr int window = 6;
  const int first_bits = (exponents.bits - 1) % window + 1;
  for (std::size_t v = 0; v < in_flight; ++v) {
    x[v] = fields.divide_by_power(v, x[v], hn::ShiftRightSame(Words(exponent[v]), 64 - first_bits));
    exponent[v] = hn::ShiftLeftSame(Words(exponent[v]), first_bits);
  }
  for (int bit = first_bits; bit < exponents.bits; bit += window) {
    for (int i = 0; i < window; ++i) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < in_flight; ++v) x[v] = fields.square(v, x[v]);
    }
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < in_flight; ++v) {
      x[v] = fields.divide_by_power(v, x[v], hn::ShiftRight<64 - window>(Words(exponent[v])));
      exponent[v] = hn::ShiftLeft<window>(Words(exponent[v]));
    }
  }
  for (std::size_t v = 0; v < in_flight; ++v) {
    const Words minus_one = hn::Sub(fields.n[v], fields.one[v]);
    const Words twos = hn::Load(WordTag(), exponents.twos + v * lanes);
    auto passed = hn::Or(hn::Eq(x[v], fields.one[v]), hn::Eq(x[v], minus_one));
    for (std::uint64_t r = 1; r < exponents.most_twos; ++r) {
      x[v] = fields.square(v, x[v]);
      passed = hn::Or(passed, hn::And(hn::Eq(x[v], minus_one), below(r, twos)));
    }
    store_flags(passed, out + v * lanes);
  }
}

/// As passes_lucas.
void test_lucas(const std::uint64_t* numbers, const std::uint64_t* parameters, std::uint8_t* out) {
  constexpr std::size_t in_flight = lucas_vectors;
  constexpr std::size_t at_once = in_flight * lanes;
  alignas(64) std::uint64_t after[at_once];
  for (std::size_t i = 0; i < at_once; ++i) after[i] = numbers[i] + 1;
  const Exponents<at_once> exponents(after);
  WordFields<in_flight> fields(numbers);
  Kept<Words> p[in_flight], two[in_flight], v_k[in_flight], next[in_flight], exponent[in_flight];
  for (std::size_t v = 0; v < in_flight; ++v) {
    p[v] = fields.form(v, parameters + v * lanes);
    two[v] = fields.add(v, fields.one[v], fields.one[v]);
    v_k[v] = two[v];
    next[v] = p[v];
    exponent[v] = hn::Load(WordTag(), exponents.odd + v * lanes);
  }
  for (int bit = 0; bit < exponents.bits; ++bit) {
    HWY_UNROLL(3)
    for (std::size_t v = 0; v < in_flight; ++v) {
      const auto odd = top_bit(exponent[v]);
      exponent[v] = hn::Add(exponent[v], exponent[v]);
      const Words between = fields.subtract(v, fields.multiply(v, v_k[v], next[v]), p[v]);
      const Words from = select(odd, next[v], v_k[v]);
      const Words doubled = fields.subtract(v, fields.square(v, from), two[v]);
      v_k[v] = select(odd, between, doubled);
      next[v] = select(odd, doubled, between);
    }
  }
  for (std::size_t v = 0; v < in_flight; ++v) {
    const Words twos = hn::Load(WordTag(), exponents.twos + v * lanes);
    auto passed = hn::Or(hn::Eq(v_k[v], two[v]), hn::Eq(v_k[v], hn::Sub(fields.n[v], two[v])));
    for (std::uint64_t r = 0; r + 1 < exponents.most_twos; ++r) {
      const auto zero = hn::Eq(v_k[v], hn::Zero(WordTag()));
      passed = hn::Or(passed, hn::And(zero, below(r + 1, twos)));
      v_k[v] = fields.subtract(v, fields.square(v, v_k[v]), two[v]);
    }
    store_flags(passed, out + v * lanes);
  }
}

#endif  // HWY_SCALAR
}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(batch_sizes);
HWY_EXPORT(sift_small_primes);
HWY_EXPORT(test_base_2);
HWY_EXPORT(test_lucas);

/// Beyond the small primes' squares, so that what they leave of the smaller numbers is decided.
constexpr std::uint64_t batch_from = 1 << 16;

constexpr std::size_t block = 2048;  // numbers; so that all between the steps stays in the cache
/// Fills the last vectors.
constexpr std::uint64_t filler = 18446744073709551557u;

struct Survivors {
  std::array<std::uint64_t, block + max_at_once> numbers;
  std::array<std::uint32_t, block> places;
  std::size_t count = 0;

  void add(std::uint64_t n, std::uint32_t place) {
    numbers[count] = n;
    places[count++] = place;
  }
  void fill_up() {
    std::fill_n(numbers.begin() + static_cast<std::ptrdiff_t>(count), max_at_once, filler);
  }
};

void test_block(std::span<const std::uint64_t> numbers, std::uint8_t* out, Survivors& first,
                Survivors& second) {
  const BatchSizes sizes = HWY_DYNAMIC_DISPATCH(batch_sizes)();
  first.count = second.count = 0;
  std::array<std::uint64_t, block> whole_vectors{};
  std::array<std::uint8_t, block> survives;
  std::ranges::copy(numbers, whole_vectors.begin());
  HWY_DYNAMIC_DISPATCH(sift_small_primes)(whole_vectors.data(), numbers.size(), survives.data());
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    out[i] = 0;
    if (numbers[i] < batch_from)
      out[i] = is_prime(numbers[i]) ? 1 : 0;
    else if (survives[i] != 0)
      first.add(numbers[i], i);
  }
  first.fill_up();
  std::array<std::uint8_t, max_at_once> passed;
  for (std::size_t at = 0; at < first.count; at += sizes.base_2) {
    HWY_DYNAMIC_DISPATCH(test_base_2)(&first.numbers[at], passed.data());
    const std::size_t end = std::min(at + sizes.base_2, first.count);
    for (std::size_t i = at; i < end; ++i)
      if (passed[i - at] != 0) second.add(first.numbers[i], first.places[i]);
  }
  second.fill_up();
  for (std::size_t at = 0; at < second.count; at += sizes.lucas) {
    std::array<std::uint64_t, max_at_once> parameters;
    for (std::size_t i = 0; i < sizes.lucas; ++i)
      parameters[i] = lucas_parameter(second.numbers[at + i]);
    HWY_DYNAMIC_DISPATCH(test_lucas)(&second.numbers[at], parameters.data(), passed.data());
    const std::size_t end = std::min(at + sizes.lucas, second.count);
    // A parameter of 0 means that the number is composite.
    for (std::size_t i = at; i < end; ++i)
      out[second.places[i]] = parameters[i - at] != 0 ? passed[i - at] : 0;
  }
}

const RegisterKernel registered{{"primality", "batch", "many 64-bit numbers at once, in SIMD"}};

}  // namespace

void are_prime(std::span<const std::uint64_t> numbers, std::uint8_t* out) {
  if (HWY_DYNAMIC_DISPATCH(batch_sizes)().base_2 == 0) {
    for (std::size_t i = 0; i < numbers.size(); ++i) out[i] = is_prime(numbers[i]) ? 1 : 0;
    return;
  }
  std::vector<Survivors> survivors(2);
  for (std::size_t at = 0; at < numbers.size(); at += block) {
    const std::size_t size = std::min(block, numbers.size() - at);
    test_block(numbers.subspan(at, size), out + at, survivors[0], survivors[1]);
  }
}

}  // namespace parlab
#endif  // HWY_ONCE
