#include "kernels/parallel/leaf_counts.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/numerics/prime_counts/prime_counter.hpp"

namespace parlab {

GrainLimits leaf_grain(IndexRange range) {
  return {.min = PrimeCounter::shortest_chunk(range.end)};
}

double leaf_bytes(const Chunking& range) {
  const auto chunks = static_cast<double>(std::min(range.chunks(), window));
  return chunks * sizeof(LeafSums) + PrimeCounter::table_bytes(range.range().end);
}

std::uint64_t count_primes_by_leaves(Backend& backend, const Chunking& range) {
  const std::uint64_t end = range.range().end;
  // The work is cut as [0, end) is, so that a range from 1 or 2 on is all of it too.
  const Chunking all({0, end}, range.grain());
  const auto count = [&](const PrimeCounter& counter) {
    return counter.count(map_reduce(
        backend, all, LeafSums{}, [&](IndexRange part) { return counter.sums(part); },
        PrimeCounter::join));
  };
  FoldKeeper* const keeper = backend.keeper();
  if (keeper == nullptr) return count(PrimeCounter(end));
  return count(keeper->made_once<PrimeCounter>([&] { return PrimeCounter(end); }));
}

}  // namespace parlab
