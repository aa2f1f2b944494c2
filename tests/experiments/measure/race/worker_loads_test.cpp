#include "experiments/measure/race/worker_loads.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "kernels/backends/backend_registry.hpp"

namespace parlab {
namespace {

void compute_for(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

TEST(WorkerLoads, TellWhatEachWorkerComputedBusiestFirst) {
  for (const char* name : {"threads:static", "processes:static"}) {
    WorkerLoads loads(4, 2);
    const auto backend = make_backend(parse_backend(name, 2));
    backend->for_chunks(Chunking({0, 4}, 1), [&](IndexRange chunk) {
      const WorkerLoads::Chunk timed(loads, chunk.begin);
      compute_for(std::chrono::microseconds(chunk.begin < 2 ? 200 : 4000));
    });
    const auto metrics = loads.metrics();
    ASSERT_EQ(metrics.size(), 2u) << name << metrics;
    // No more is certain on a busy machine: each took at least what it spun.
    EXPECT_GE(metrics.at("worker_1_seconds").get<double>(), 8e-3) << name;
    EXPECT_GE(metrics.at("worker_2_seconds").get<double>(), 4e-4) << name;
    EXPECT_GE(metrics.at("worker_1_seconds"), metrics.at("worker_2_seconds")) << name;
  }
}

TEST(WorkerLoads, CountIdleWorkersAsZero) {
  WorkerLoads loads(1, 3);
  { const WorkerLoads::Chunk timed(loads, 0); }
  const auto metrics = loads.metrics();
  EXPECT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics.at("worker_3_seconds"), 0);
}

}  // namespace
}  // namespace parlab
