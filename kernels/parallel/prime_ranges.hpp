#pragma once

// All primes of a range, on any backend: counted, listed, or folded by whatever the caller makes of
// a chunk.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/backends/backend.hpp"
#include "kernels/numerics/sieve/sieve.hpp"
#include "kernels/parallel/grain.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {

/// How the primes of a chunk are found. `sieve` is null for algorithms that need none.
struct PrimeAlgorithm {
  const char* name;
  const char* kernel;
  std::uint64_t (*count)(const SegmentedSieve* sieve, IndexRange range);
  /// Writes them in order to `out`, which has room for most_primes_in(range); returns their number.
  std::uint64_t (*list)(const SegmentedSieve* sieve, IndexRange range, std::uint64_t* out);
  GrainLimits (*grain)(IndexRange range);
  bool sieves = false;
};

/// "trial" (trial division), "sieve" (segmented) and "batch" (a primality test).
extern const std::array<PrimeAlgorithm, 3> prime_algorithms;

/// Throws UsageError, with the nearest valid name, where there is none of that name.
const PrimeAlgorithm& prime_algorithm(std::string_view name);

/// The base primes that the algorithm needs below `end`; none for those that need none.
std::optional<SegmentedSieve> sieve_for(
    const PrimeAlgorithm& algorithm, std::uint64_t end,
    SegmentedSieve::Chunks chunks = SegmentedSieve::Chunks::any);

/// The same for these chunks, started by the workers of the backend together, but for ranks.
std::optional<SegmentedSieve> sieve_for(const PrimeAlgorithm& algorithm, Backend& backend,
                                        const Chunking& chunks);

/// work(sieve, chunk) for each chunk, folded in chunk order by join. The sieve's base primes are
/// found here, as a part of the run. `order`: chunk numbers in the order in which they are handed
/// out and folded; empty: ascending.
template <Partial T, class Work, class Join>
T fold_primes(Backend& backend, const Chunking& range, const PrimeAlgorithm& algorithm,
              std::span<const std::uint64_t> order, const Work& work, const Join& join) {
  using Sieve = std::optional<SegmentedSieve>;
  // One worker takes chunk after chunk; several start together, for all chunks.
  const auto chunks = backend.workers() == 1 && order.empty() ? SegmentedSieve::Chunks::ascending
                                                              : SegmentedSieve::Chunks::any;
  const auto make = [&] { return sieve_for(algorithm, range.range().end, chunks); };
  FoldKeeper* const keeper = backend.keeper();
  Sieve of_this_run;
  if (keeper == nullptr)
    of_this_run = backend.workers() == 1 ? make() : sieve_for(algorithm, backend, range);
  const Sieve& sieve = keeper == nullptr ? of_this_run : keeper->made_once<Sieve>(make);
  const SegmentedSieve* const base = sieve ? &*sieve : nullptr;
  if (order.empty())
    return map_reduce(
        backend, range, T{}, [&](IndexRange part) { return work(base, part); }, join);
  return map_reduce(
      backend, Chunking({0, order.size()}, 1), T{},
      [&](IndexRange place) { return work(base, range[order[place.begin]]); }, join);
}

/// How many primes the range holds.
std::uint64_t count_primes(Backend& backend, const Chunking& range, const PrimeAlgorithm& algorithm,
                           std::span<const std::uint64_t> order = {});

/// Room for the primes of each chunk, in memory that workers share, be they threads or processes.
/// Wide enough for any chunk; pages that stay empty cost nothing.
class PrimeLists {
 public:
  explicit PrimeLists(const Chunking& range);
  /// Where the list of this chunk begins.
  std::uint64_t* operator[](IndexRange chunk) const;

 private:
  Chunking range_;
  std::vector<std::uint64_t> places_;
  SharedMapping memory_;
};

/// Writes the primes of the range in order to `out`, which has room for most_primes_in(range);
/// returns their number.
std::uint64_t list_primes(Backend& backend, const Chunking& range, const PrimeAlgorithm& algorithm,
                          std::uint64_t* out);

}  // namespace parlab
