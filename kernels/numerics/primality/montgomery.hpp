#pragma once

// Multiplication modulo an odd n without division: numbers are kept as x 2^64 mod n, and
// (a b) / 2^64 mod n needs two more multiplications.
// Source: P. Montgomery, "Modular multiplication without trial division", Math. Comp. 44, 1985.

#include <cstdint>

namespace parlab {

/// 1 / n modulo 2^64 for an odd n, by Newton's iteration: (3 n) ^ 2 has 5 right bits, each step
/// doubles them (Montgomery; the start as in Hurchalla, "An improved integer modular multiplicative
/// inverse", 2022).
constexpr std::uint64_t inverse_modulo_word(std::uint64_t n) {
  std::uint64_t x = (3 * n) ^ 2;
  for (int bits = 5; bits < 64; bits *= 2) x *= 2 - n * x;
  return x;
}

/// For odd n > 1. All numbers are below n and in Montgomery's form.
class Montgomery {
 public:
  explicit constexpr Montgomery(std::uint64_t n)
      : n_(n), inverse_(inverse_modulo_word(n)), one_((0 - n) % n) {}

  constexpr std::uint64_t one() const { return one_; }

  constexpr std::uint64_t multiply(std::uint64_t a, std::uint64_t b) const {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    const std::uint64_t quotient = static_cast<std::uint64_t>(product) * inverse_;
    const auto high = static_cast<std::uint64_t>(product >> 64);
    // The low words are equal by choice of the quotient, so they cancel.
    return subtract(high, static_cast<std::uint64_t>(static_cast<Wide>(quotient) * n_ >> 64));
  }
  constexpr std::uint64_t square(std::uint64_t a) const { return multiply(a, a); }
  constexpr std::uint64_t subtract(std::uint64_t a, std::uint64_t b) const {
    return a - b + (a < b ? n_ : 0);
  }
  constexpr std::uint64_t add(std::uint64_t a, std::uint64_t b) const {
    return subtract(a, n_ - b);
  }
  /// A small integer in this form.
  constexpr std::uint64_t form(unsigned small) const {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < small; ++i) sum = add(sum, one_);
    return sum;
  }

 private:
  std::uint64_t n_;
  std::uint64_t inverse_;
  std::uint64_t one_;
};

}  // namespace parlab
