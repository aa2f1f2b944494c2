#pragma once

// The multiples of the smallest primes, which make up most of a sieve's work, as ready-made
// patterns: those of the primes p, q repeat after p q bytes of 30 numbers, so a table of that
// length is laid over the sieve instead of crossing off one by one. The first tables hold three
// primes each, the others one small and one large prime, so that all are of like length.
//
// After primesieve (K. Walisch), which pre-sieves with 16 tables. Cost: one AND a table and byte,
// 64 bytes at once with AVX-512. The tables take 350 KB, made once.

#include <cstdint>
#include <vector>

namespace parlab {

class Presieve {
 public:
  /// The largest prime whose multiples are in the tables; all primes from 7 to it are.
  static constexpr std::uint32_t largest_prime = 251;

  /// The one instance: tables are made at the first call.
  static const Presieve& instance();

  /// Sets bytes[0, size), which stand for the numbers from 30 * first_byte on, to all numbers with
  /// no prime factor from 7 to largest_prime. Those primes themselves are crossed off too.
  void fill(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte) const;

 private:
  Presieve();

  struct Table {
    std::uint64_t period;  // bytes
    std::vector<std::uint8_t> bytes;
  };
  std::vector<Table> tables_;
};

}  // namespace parlab
