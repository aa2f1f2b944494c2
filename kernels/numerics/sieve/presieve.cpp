#include "kernels/numerics/sieve/presieve.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "kernels/numerics/arithmetic/wheel30.hpp"
#include "kernels/numerics/sieve/sieve_bytes.hpp"

namespace parlab {
namespace {

/// A pattern is read in runs up to its end; the shorter the runs, the more often they are set up.
/// One run more than the period is kept, so that each run has this many bytes at least.
constexpr std::uint64_t shortest_run = 1024;

constexpr std::array<std::uint32_t, 42> paired_primes = {
    41,  43,  47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101,
    103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173,
    179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239, 241, 251};
static_assert(paired_primes.back() == Presieve::largest_prime);

std::vector<std::uint8_t> pattern(std::initializer_list<std::uint32_t> primes,
                                  std::uint64_t period) {
  std::vector<std::uint8_t> bytes(period + shortest_run, 0xFF);
  for (const std::uint32_t prime : primes) {
    for (std::uint64_t multiple = prime; multiple < 30 * bytes.size();
         multiple += 2 * std::uint64_t{prime})
      bytes[multiple / 30] &= static_cast<std::uint8_t>(~wheel_bit[multiple % 30]);
  }
  return bytes;
}

}  // namespace

const Presieve& Presieve::instance() {
  static const Presieve presieve;
  return presieve;
}

Presieve::Presieve() {
  const auto add = [this](std::initializer_list<std::uint32_t> primes) {
    std::uint64_t period = 1;
    for (const std::uint32_t prime : primes) period *= prime;
    tables_.push_back({period, pattern(primes, period)});
  };
  add({7, 23, 37});
  add({11, 19, 31});
  add({13, 17, 29});
  for (std::size_t i = 0; i < paired_primes.size() / 2; ++i)
    add({paired_primes[i], paired_primes[paired_primes.size() - 1 - i]});
}

void Presieve::fill(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte) const {
  for (std::size_t first = 0; first < tables_.size(); first += patterns_per_pass) {
    std::array<std::uint64_t, patterns_per_pass> position;
    for (std::size_t k = 0; k < patterns_per_pass; ++k)
      position[k] = first_byte % tables_[first + k].period;
    for (std::uint64_t done = 0; done < size;) {
      std::uint64_t run = size - done;
      PatternPointers pointers;
      for (std::size_t k = 0; k < patterns_per_pass; ++k) {
        const Table& table = tables_[first + k];
        run = std::min(run, table.bytes.size() - position[k]);
        pointers[k] = table.bytes.data() + position[k];
      }
      and_patterns(bytes + done, run, pointers, first > 0);
      for (std::size_t k = 0; k < patterns_per_pass; ++k)
        position[k] = (position[k] + run) % tables_[first + k].period;
      done += run;
    }
  }
}

}  // namespace parlab
