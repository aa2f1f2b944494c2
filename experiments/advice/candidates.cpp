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
  const auto automatic = automatic_grain(arm.what.size, arm.who.workers, arm.what.grain);
  return std::abs(std::log(static_cast<double>(arm.grain) / static_cast<double>(automatic)));
}

void add(std::vector<Arm>& arms, const Case& what, BackendSpec who, int workers,
         std::uint64_t grain) {
  who.workers = workers;
  const auto same = [&](const Arm& arm) {
    return arm.who.label() == who.label() && arm.who.workers == workers && arm.grain == grain;
  };
  if (std::ranges::none_of(arms, same)) arms.push_back({what, who, grain});
}

}  // namespace

bool has_plain_code(const BackendSpec& who) {
  return std::ranges::find(from_simple, who.label()) != std::end(from_simple);
}

int complexity(const BackendSpec& who) {
  return static_cast<int>(std::ranges::find(from_simple, who.label()) - std::begin(from_simple));
}

std::vector<BackendSpec> advisable_backends() {
  std::vector<BackendSpec> all;
  for (const BackendEntry& entry : backends()) {
    if (!entry.parallel) continue;
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

std::vector<Arm> coarse_arms(const Case& what, const std::vector<BackendSpec>& backends,
                             int workers) {
  std::vector<Arm> arms;
  for (const BackendSpec& who : backends)
    add(arms, what, who, workers, automatic_grain(what.size, workers, what.grain));
  return arms;
}

std::vector<Arm> fine_arms(const Case& what, const std::vector<BackendSpec>& backends, int workers,
                           double serial_seconds) {
  std::vector<Arm> arms;
  const double index_seconds = serial_seconds / static_cast<double>(what.size);
  for (const BackendSpec& who : backends) {
    for (const std::uint64_t chunks : chunk_counts) {
      const std::uint64_t grain = grain_for(what.size, workers, chunks);
      if (chunks == 1 || static_cast<double>(grain) * index_seconds >= shortest_chunk)
        add(arms, what, who, workers, grain);
    }
    for (int fewer = workers / 2; fewer >= 2; fewer /= 2)
      add(arms, what, who, fewer, automatic_grain(what.size, fewer, what.grain));
  }
  return arms;
}

bool is_simpler(const Arm& a, const Arm& b) {
  const auto key = [](const Arm& arm) {
    return std::tuple(complexity(arm.who), arm.who.workers, distance_from_automatic(arm));
  };
  return key(a) < key(b);
}

}  // namespace parlab
