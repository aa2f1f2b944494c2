#include "experiments/measure/race/worker_loads.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

namespace parlab {
namespace {

/// A figure of more bars than this is not read.
constexpr std::size_t most_workers_told = 16;

}  // namespace

WorkerLoads::WorkerLoads(std::uint64_t chunks, int workers)
    : chunks_(chunks),
      workers_(static_cast<std::size_t>(workers)),
      memory_(chunks * sizeof(Entry)) {}

WorkerLoads::Chunk::Chunk(WorkerLoads& loads, std::uint64_t chunk)
    : loads_(loads), chunk_(chunk), begin_(std::chrono::steady_clock::now()) {}

// Not a thread_local number: a forked worker would inherit its parent's.
WorkerLoads::Chunk::~Chunk() {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
  loads_.entries()[chunk_] = {syscall(SYS_gettid), took.count()};
}

nlohmann::json WorkerLoads::metrics() const {
  std::map<std::int64_t, double> seconds_of;
  for (std::uint64_t chunk = 0; chunk < chunks_; ++chunk)
    seconds_of[entries()[chunk].worker] += entries()[chunk].seconds;
  std::vector<double> loads;
  for (const auto& [worker, seconds] : seconds_of) loads.push_back(seconds);
  std::ranges::sort(loads, std::greater<>());
  loads.resize(std::min(workers_, most_workers_told));
  nlohmann::json metrics = nlohmann::json::object();
  for (std::size_t i = 0; i < loads.size(); ++i)
    metrics[fmt::format("worker_{}_seconds", i + 1)] = loads[i];
  return metrics;
}

}  // namespace parlab
