#include "kernels/numerics/crossing_primes.hpp"

#include <bit>

#include "kernels/numerics/first_multiples.hpp"
#include "kernels/numerics/wheel30.hpp"

namespace parlab {

CrossingPrimes::CrossingPrimes(std::span<const std::uint32_t> primes, std::uint64_t first_byte) {
  std::vector<std::int32_t> starts(primes.size());
  find_period_starts(primes, first_byte, starts.data());
  // The residues are evenly spread, by Dirichlet's theorem; a little more spares a reallocation.
  for (Group& group : groups_) group.primes.reserve(primes.size() / 8 + primes.size() / 32 + 8);
  for (std::size_t i = 0; i < primes.size(); ++i) {
    const std::uint64_t prime = primes[i];
    Group& group = groups_[static_cast<std::size_t>(std::countr_zero(wheel_bit[prime % 30]))];
    group.primes.push_back({primes[i], starts[i]});
    // The others' starts are those of their squares, but count from a segment yet to come.
    if (prime * prime / 30 < first_byte) group.active = group.primes.size();
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
