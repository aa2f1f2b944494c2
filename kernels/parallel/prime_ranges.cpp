#include "kernels/parallel/prime_ranges.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "kernels/base/registry.hpp"
#include "kernels/machine/usable_cores.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/factors/trial_division.hpp"
#include "kernels/numerics/primality/primality.hpp"

namespace parlab {
namespace {

/// A number costs a sixtieth of its root in divisions, as one in 30 or 40 is prime.
GrainLimits trial_grain(IndexRange range) {
  constexpr std::uint64_t divisions = 300'000'000;  // some 10 ms
  const std::uint64_t max = std::clamp<std::uint64_t>(
      divisions / std::max<std::uint64_t>(integer_sqrt(range.end), 1), 1, 1 << 16);
  return {.min = std::min<std::uint64_t>(32, max), .max = max};
}

GrainLimits sieve_grain(IndexRange range) {
  // Each processor should have a chunk, long or not.
  const std::uint64_t share = range.size() / static_cast<std::uint64_t>(usable_cores());
  const std::uint64_t step = SegmentedSieve::segment_numbers(range.end);
  return {.min = std::max(std::min(SegmentedSieve::shortest_chunk(range.end), share), step),
          .max = 1 << 26,
          .step = step};
}

GrainLimits batch_grain(IndexRange) { return {.min = 1 << 12, .max = 1 << 18}; }

/// The running sum of most_primes_in() over the chunks before each.
std::vector<std::uint64_t> places_of(const Chunking& range) {
  std::vector<std::uint64_t> places = {0};
  for (std::uint64_t chunk = 0; chunk < range.chunks(); ++chunk)
    places.push_back(places.back() + most_primes_in(range[chunk]));
  return places;
}

/// Seen by processes that are forked later, and they see what each other write.
SieveMemory mapped_memory(std::uint64_t bytes) {
  const auto mapping = std::make_shared<SharedMapping>(bytes);
  return {mapping, reinterpret_cast<std::uint8_t*>(mapping->data())};
}

}  // namespace

const std::array<PrimeAlgorithm, 3> prime_algorithms = {{
    {.name = "trial",
     .kernel = "trial_division",
     .count = [](const SegmentedSieve*, IndexRange part) { return count_primes_by_trial(part); },
     .list = [](const SegmentedSieve*, IndexRange part,
                std::uint64_t* out) { return list_primes_by_trial(part, out); },
     .grain = trial_grain},
    {.name = "sieve",
     .kernel = "sieve",
     .count = [](const SegmentedSieve* sieve, IndexRange part) { return sieve->count(part); },
     .list = [](const SegmentedSieve* sieve, IndexRange part,
                std::uint64_t* out) { return sieve->list(part, out); },
     .grain = sieve_grain,
     .sieves = true},
    {.name = "batch",
     .kernel = "primality",
     .count = [](const SegmentedSieve*, IndexRange part) { return count_primes_by_batch(part); },
     .list = [](const SegmentedSieve*, IndexRange part,
                std::uint64_t* out) { return list_primes_by_batch(part, out); },
     .grain = batch_grain},
}};

const PrimeAlgorithm& prime_algorithm(std::string_view name) {
  return entry_named(prime_algorithms, "algorithm", name);
}

std::optional<SegmentedSieve> sieve_for(const PrimeAlgorithm& algorithm, std::uint64_t end,
                                        SegmentedSieve::Chunks chunks) {
  std::optional<SegmentedSieve> sieve;
  if (algorithm.sieves) sieve.emplace(end, chunks);
  return sieve;
}

std::optional<SegmentedSieve> sieve_for(const PrimeAlgorithm& algorithm, Backend& backend,
                                        const Chunking& chunks) {
  const SharedMemory shared = backend.shared_memory();
  if (shared == SharedMemory::none) return sieve_for(algorithm, chunks.range().end);
  std::optional<SegmentedSieve> sieve;
  if (algorithm.sieves)
    sieve.emplace(chunks, SegmentedSieve::Workers{
                              .count = static_cast<std::uint64_t>(backend.workers()),
                              .run =
                                  [&](std::uint64_t parts, FunctionRef<void(std::uint64_t)> work) {
                                    backend.for_chunks(Chunking({0, parts}, 1),
                                                       [&](IndexRange part) { work(part.begin); });
                                  },
                              .memory = shared == SharedMemory::all ? SegmentedSieve::own_memory
                                                                    : mapped_memory});
  return sieve;
}

std::uint64_t count_primes(Backend& backend, const Chunking& range, const PrimeAlgorithm& algorithm,
                           std::span<const std::uint64_t> order) {
  return fold_primes<std::uint64_t>(backend, range, algorithm, order, algorithm.count,
                                    std::plus<>());
}

PrimeLists::PrimeLists(const Chunking& range)
    : range_(range), places_(places_of(range)), memory_(places_.back() * sizeof(std::uint64_t)) {}

std::uint64_t* PrimeLists::operator[](IndexRange chunk) const {
  const std::uint64_t number = (chunk.begin - range_.range().begin) / range_.grain();
  return reinterpret_cast<std::uint64_t*>(memory_.data()) + places_[number];
}

std::uint64_t list_primes(Backend& backend, const Chunking& range, const PrimeAlgorithm& algorithm,
                          std::uint64_t* out) {
  const PrimeLists lists(range);
  const std::optional<SegmentedSieve> sieve = sieve_for(algorithm, backend, range);
  const SegmentedSieve* const base = sieve ? &*sieve : nullptr;
  const auto counts = backend.map_chunks(
      range, [&](IndexRange part) { return algorithm.list(base, part, lists[part]); });
  std::uint64_t count = 0;
  for (std::uint64_t chunk = 0; chunk < counts.size(); ++chunk) {
    std::copy_n(lists[range[chunk]], counts[chunk], out + count);
    count += counts[chunk];
  }
  return count;
}

}  // namespace parlab
