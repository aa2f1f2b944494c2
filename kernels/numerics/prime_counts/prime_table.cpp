#include "kernels/numerics/prime_counts/prime_table.hpp"

#include "kernels/numerics/sieve/sieve.hpp"

namespace parlab {

PrimeTable::PrimeTable(std::uint64_t most) : words_(most / 240 + 1) {
  const SegmentedSieve sieve(most + 1);
  const Chunking pieces({7, std::max<std::uint64_t>(most + 1, 7)}, 1 << 22);
  std::vector<std::uint64_t> primes;
  for (std::uint64_t piece = 0; piece < pieces.chunks(); ++piece) {
    primes.resize(most_primes_in(pieces[piece]));
    primes.resize(sieve.list(pieces[piece], primes.data()));
    for (const std::uint64_t prime : primes)
      words_[prime / 240].bits |= std::uint64_t{wheel_bit[prime % 30]} << (prime % 240 / 30 * 8);
  }
  std::uint64_t before = 3;  // 2, 3 and 5 have no bit
  for (Word& word : words_) {
    word.before = before;
    before += static_cast<unsigned>(std::popcount(word.bits));
  }
}

}  // namespace parlab
