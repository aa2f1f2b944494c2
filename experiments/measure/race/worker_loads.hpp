#pragma once

// How much of a run each worker computed: what a schedule made of uneven work.
//
// Each chunk notes who computed it and for how long, in shared memory, so that workers may be
// processes. Cost: two reads of the clock and one system call a chunk, some 150 ns: chunks should
// take 10 us or more.

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "kernels/posix/shared_mapping.hpp"

namespace parlab {

class WorkerLoads {
 public:
  WorkerLoads(std::uint64_t chunks, int workers);

  /// Lives on the worker's stack while it computes chunk number `chunk`.
  class Chunk {
   public:
    Chunk(WorkerLoads& loads, std::uint64_t chunk);
    Chunk(const Chunk&) = delete;
    Chunk& operator=(const Chunk&) = delete;
    ~Chunk();

   private:
    WorkerLoads& loads_;
    std::uint64_t chunk_;
    std::chrono::steady_clock::time_point begin_;
  };

  /// Of the last run: {"worker_1_seconds": ..., "worker_2_seconds": ...}, the busiest worker first,
  /// as many as there are workers, but none beyond the 16 busiest.
  nlohmann::json metrics() const;

 private:
  struct Entry {
    std::int64_t worker;  // thread id
    double seconds;
  };
  Entry* entries() const { return reinterpret_cast<Entry*>(memory_.data()); }

  std::uint64_t chunks_;
  std::size_t workers_;
  SharedMapping memory_;
};

}  // namespace parlab
