#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/manager/messages/manager_address.hpp"
#include "kernels/sharing/queues/spsc_ring.hpp"

namespace parlab {

/// The least that two processes behind seqpacket sockets can do: a chunk's numbers there, as many
/// back, the next chunk to whoever answered.
class BarePool {
 public:
  using Function = std::uint64_t (*)(std::uint64_t);
  /// Numbers of the largest chunk.
  static constexpr std::size_t largest_chunk = 1024;
  static constexpr std::size_t workers = 2;

  explicit BarePool(Function function);

  /// `results` must be as long as `items`. Throws std::runtime_error where a worker is gone.
  void map(const std::vector<std::uint64_t>& items, std::size_t chunksize,
           std::vector<std::uint64_t>& results);

 private:
  struct Worker {
    FileDescriptor socket;
    std::size_t first = 0;  // item of its chunk
    std::optional<ChildProcess> process;
  };
  void start(Worker& worker, Function function);

  std::array<Worker, workers> workers_;
};

/// The same through rings in shared memory, item by item, where both sides look for the next and
/// give the core away where there is none: the least that a message through memory can cost.
class RingPool {
 public:
  explicit RingPool(BarePool::Function function);

  /// `results` must be as long as `items`, which are dealt out in turn.
  void map(const std::vector<std::uint64_t>& items, std::vector<std::uint64_t>& results);

 private:
  struct Worker {
    SpscRing<std::uint64_t> items{1024};
    SpscRing<std::uint64_t> results{1024};
    std::optional<ChildProcess> process;
  };
  std::array<Worker, BarePool::workers> workers_;
};

}  // namespace parlab
