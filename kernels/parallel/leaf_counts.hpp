#pragma once

// How many primes lie below a number, by special leaves (numerics/prime_counts), on any backend.

#include <cstdint>

#include "kernels/backends/backend.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

/// At most some 256 chunks, for each holds a counter for every prime up to the fourth root of 2^64.
GrainLimits leaf_grain(IndexRange range);

/// Bytes that a count in chunks of this range takes: tables, and a partial for each chunk.
double leaf_bytes(const Chunking& range);

/// The primes of [0, range.end). Requires range.begin <= 2. The tables are made here, as a part of
/// the run.
std::uint64_t count_primes_by_leaves(Backend& backend, const Chunking& range);

}  // namespace parlab
