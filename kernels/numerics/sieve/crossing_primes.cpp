#include "kernels/numerics/sieve/crossing_primes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/numerics/arithmetic/wheel30.hpp"
#include "kernels/numerics/sieve/first_multiples.hpp"

namespace parlab {

void CrossingPrimes::begin_at(std::uint64_t first_byte, std::span<const std::uint8_t> bitmap,
                              std::uint64_t above, std::uint64_t most) {
  // Residue by residue: a bit's place in its byte is the residue, so no prime is divided by 30.
  primes_.clear();
  std::array<std::size_t, 9> ends{};
  for (std::size_t residue = 0; residue < 8; ++residue) {
    for (std::uint64_t at = above / 30 / 8 * 8; at < std::min(bitmap.size(), most / 30 + 1);
         at += 8) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, bitmap.data() + at, std::min<std::uint64_t>(bitmap.size() - at, 8));
      for (bits = bits >> residue & 0x0101010101010101; bits != 0; bits &= bits - 1) {
        const std::uint64_t byte = at + static_cast<std::uint64_t>(std::countr_zero(bits)) / 8;
        const std::uint64_t prime = 30 * byte + wheel_residues[residue];
        if (prime > above && prime <= most) primes_.push_back(static_cast<std::uint32_t>(prime));
      }
    }
    ends[residue + 1] = primes_.size();
  }
  starts_.resize(primes_.size());
  find_period_starts(primes_, first_byte, starts_.data());
  for (std::size_t residue = 0; residue < 8; ++residue) {
    Group& group = groups_[residue];
    group.primes.resize(ends[residue + 1] - ends[residue]);
    for (std::size_t i = 0; i < group.primes.size(); ++i)
      group.primes[i] = {primes_[ends[residue] + i], starts_[ends[residue] + i]};
    // The others' starts are those of their squares, but count from a segment yet to come.
    const auto first_later = std::ranges::partition_point(group.primes, [&](CrossingPrime p) {
      return std::uint64_t{p.prime} * p.prime / 30 < first_byte;
    });
    group.active = static_cast<std::size_t>(first_later - group.primes.begin());
  }
}

void CrossingPrimes::start_due(Group& group, std::uint64_t size, std::uint64_t first_byte) {
  for (; group.active < group.primes.size(); ++group.active) {
    CrossingPrime& p = group.primes[group.active];
    const std::uint64_t prime = p.prime;
    if (prime * prime / 30 >= first_byte + size) return;
    find_period_starts({&p.prime, 1}, first_byte, &p.period_start);
  }
}

}  // namespace parlab
