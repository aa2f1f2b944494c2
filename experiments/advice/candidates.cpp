#include "experiments/advice/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <tuple>

namespace parlab {
namespace {

/// From the simplest on. A label without its schedule stands for all of them.
constexpr const char* from_simple[] = {"openmp:static",  "openmp:dynamic", "openmp:guided",
                                       "tbb:auto",       "stdpar",         "tbb:static",
                                       "tbb:simple",     "tbb:affinity",   "openmp:tasks",
                                       "threads:static", "threads:dynamic"};

constexpr std::uint64_t chunk_counts[] = {1, 4, 16, 64, 256, 1024};  // per worker

double distance_from_automatic(const Arm& arm) {
  const auto automatic =
      automatic_grain(arm.workload.size, arm.executor.workers, arm.workload.grain);
  return std::abs(std::log(static_cast<double>(arm.grain) / static_cast<double>(automatic)));
}

void add(std::vector<Arm>& arms, const Workload& workload, BackendSpec executor, int workers,
         std::uint64_t grain) {
  executor.workers = workers;
  const auto same = [&](const Arm& arm) {
    return arm.executor.label() == executor.label() && arm.executor.workers == workers &&
           arm.grain == grain;
  };
  if (std::ranges::none_of(arms, same)) arms.push_back({workload, executor, grain});
}

}  // namespace

bool has_plain_code(const BackendSpec& executor) {
  return std::ranges::find(from_simple, executor.label()) != std::end(from_simple);
}

int complexity(const BackendSpec& executor) {
  return static_cast<int>(std::ranges::find(from_simple, executor.label()) -
                          std::begin(from_simple));
}

std::vector<BackendSpec> advisable_backends() {
  std::vector<BackendSpec> all;
  for (const BackendEntry& entry : backends()) {
    if (!entry.parallel || entry.by_name_only) continue;
    if (entry.schedules.empty()) all.push_back({entry.name, "", 1});
    for (const std::string& schedule : entry.schedules) all.push_back({entry.name, schedule, 1});
  }
  return all;
}

std::uint64_t grain_for(std::uint64_t size, int workers, std::uint64_t chunks_per_worker) {
  const std::uint64_t chunks = static_cast<std::uint64_t>(workers) * chunks_per_worker;
  return std::max<std::uint64_t>(size / chunks + (size % chunks != 0 ? 1 : 0), 1);
}

std::uint64_t chunks_per_worker_of(std::uint64_t size, int workers, std::uint64_t grain) {
  const double chunks = std::ceil(static_cast<double>(size) / static_cast<double>(grain));
  return std::max<std::uint64_t>(static_cast<std::uint64_t>(std::llround(chunks / workers)), 1);
}

std::vector<Arm> coarse_arms(const Workload& workload, const std::vector<BackendSpec>& backends,
                             int workers) {
  std::vector<Arm> arms;
  for (const BackendSpec& executor : backends)
    add(arms, workload, executor, workers, automatic_grain(workload.size, workers, workload.grain));
  return arms;
}

std::vector<Arm> fine_arms(const Workload& workload, const std::vector<BackendSpec>& backends,
                           int workers, double serial_seconds) {
  std::vector<Arm> arms;
  const double index_seconds = serial_seconds / static_cast<double>(workload.size);
  for (const BackendSpec& executor : backends) {
    for (const std::uint64_t chunks : chunk_counts) {
      const std::uint64_t grain = grain_for(workload.size, workers, chunks);
      if (chunks == 1 || static_cast<double>(grain) * index_seconds >= shortest_chunk)
        add(arms, workload, executor, workers, grain);
    }
    for (int fewer = workers / 2; fewer >= 2; fewer /= 2)
      add(arms, workload, executor, fewer, automatic_grain(workload.size, fewer, workload.grain));
  }
  return arms;
}

bool is_simpler(const Arm& a, const Arm& b) {
  const auto key = [](const Arm& arm) {
    return std::tuple(complexity(arm.executor), arm.executor.workers, distance_from_automatic(arm));
  };
  return key(a) < key(b);
}

}  // namespace parlab
