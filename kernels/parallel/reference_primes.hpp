#pragma once

// The primes of a range by plain ways that share nothing with the segmented sieve: what its answers
// are checked against.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/base/function_ref.hpp"
#include "kernels/base/index_range.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/sieve.hpp"
#include "kernels/numerics/sieve/textbook_sieve.hpp"

namespace parlab {

/// Whether to test number by number takes less time than the textbook's sieve: at high ranges,
/// where each of its blocks visits all base primes. Estimates, in ns, measured on Zen 5.
inline bool tests_beat_textbook(IndexRange range) {
  const double size = static_cast<double>(range.size());
  const double root = std::sqrt(static_cast<double>(range.end));
  const double blocks = size / (1 << 20) + 1;
  return 16 * size < 5 * (root + size) + blocks * root / 20 * 4;
}

/// Calls visit(p) for every prime p of the range, in order: by the textbook's sieve, or by batches
/// of tests where that is faster. 16 ns a number at most, so 3 s for 2 * 10^8 of them at 2 * 10^18.
inline void for_each_reference_prime(IndexRange range, FunctionRef<void(std::uint64_t)> visit) {
  if (!tests_beat_textbook(range)) return for_each_prime_by_textbook(range, visit);
  const Chunking pieces(range, 1 << 20);
  std::vector<std::uint64_t> primes;
  for (std::uint64_t i = 0; i < pieces.chunks(); ++i) {
    primes.resize(most_primes_in(pieces[i]));
    primes.resize(list_primes_by_batch(pieces[i], primes.data()));
    for (const std::uint64_t prime : primes) visit(prime);
  }
}

}  // namespace parlab
