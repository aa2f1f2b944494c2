#pragma once

// The arms that `parlab advise` considers, and which of them is simpler than which.

#include <cstdint>
#include <vector>

#include "experiments/base/experiment.hpp"

namespace parlab {

/// Whether choice_header() writes code for the backend: plain OpenMP, oneTBB, std::thread or the
/// parallel STL.
bool has_plain_code(const BackendSpec& executor);

/// How much a reader of the code must know, lower is simpler: openmp:static comes first, then its
/// other schedules, oneTBB, the parallel STL, std::thread by hand, and what has no plain code.
int complexity(const BackendSpec& executor);

/// Every parallel backend of this build on every schedule.
std::vector<BackendSpec> advisable_backends();

/// The grain that gives each of `workers` so many chunks: at least 1.
std::uint64_t grain_for(std::uint64_t size, int workers, std::uint64_t chunks_per_worker);

/// Chunks that each worker gets of this grain, rounded to the nearest whole number; at least 1.
std::uint64_t chunks_per_worker_of(std::uint64_t size, int workers, std::uint64_t grain);

/// The first race: every backend on all workers, at the automatic grain.
std::vector<Arm> coarse_arms(const Workload& workload, const std::vector<BackendSpec>& backends,
                             int workers);

/// The second race: each of these backends with 1 to 1024 chunks per worker, and with fewer
/// workers. No chunk is shorter than shortest_chunk, where a serial run takes `serial_seconds`.
std::vector<Arm> fine_arms(const Workload& workload, const std::vector<BackendSpec>& backends,
                           int workers, double serial_seconds);

/// In seconds, of an average chunk. Handing one out costs 0.02 to 1 us (`parlab run dispatch`); where
/// the work is clustered, the chunks that hold it take many times the average.
inline constexpr double shortest_chunk = 0.1e-6;

/// Whether `a` is simpler than `b`: by backend and schedule, then fewer workers, then a grain that
/// is nearer to the automatic one.
bool is_simpler(const Arm& a, const Arm& b);

}  // namespace parlab
