#include "experiments/advice/candidates.hpp"

#include <gmock/gmock.h>

#include <set>

namespace parlab {
namespace {

const Workload loop{.kernel = "loop", .size = 1'000'000, .unit = "indices"};

Arm arm(const char* backend, int workers = 2, std::uint64_t grain = 0) {
  return {loop, parse_backend(backend, workers),
          grain != 0 ? grain : automatic_grain(loop.size, workers, loop.grain)};
}

TEST(Candidates, AreAllParallelBackendsOfTheBuildOnAllSchedules) {
  std::set<std::string> labels;
  for (const BackendSpec& executor : advisable_backends()) {
    EXPECT_NE(executor.backend, "serial");
    EXPECT_TRUE(labels.insert(executor.label()).second) << executor.label();
  }
  for (const char* label : {"openmp:tasks", "tbb:affinity", "threads:dynamic", "processes:static"})
    EXPECT_TRUE(labels.contains(label)) << label;
}

TEST(Candidates, AreSimplerTheLessAReaderMustKnow) {
  EXPECT_TRUE(is_simpler(arm("openmp:static"), arm("openmp:dynamic")));
  EXPECT_TRUE(is_simpler(arm("openmp:guided"), arm("tbb:auto")));
  EXPECT_TRUE(is_simpler(arm("tbb:auto"), arm("threads:static")));
  EXPECT_TRUE(is_simpler(arm("threads:dynamic"), arm("processes:static")));
  EXPECT_TRUE(is_simpler(arm("tbb:auto", 2), arm("tbb:auto", 4)));
  EXPECT_TRUE(is_simpler(arm("tbb:auto"), arm("tbb:auto", 2, 1))) << "the automatic grain";
  EXPECT_FALSE(is_simpler(arm("tbb:auto"), arm("tbb:auto")));
}

TEST(Candidates, HavePlainCodeWhereItIsWrittenForThem) {
  EXPECT_TRUE(has_plain_code(parse_backend("openmp:tasks")));
  EXPECT_TRUE(has_plain_code(parse_backend("threads")));
  EXPECT_FALSE(has_plain_code(parse_backend("processes")));
}

TEST(Candidates, HaveAGrainThatCutsTheRangeIntoSoManyChunks) {
  EXPECT_EQ(grain_for(1000, 2, 5), 100u);
  EXPECT_EQ(grain_for(1001, 2, 5), 101u);
  EXPECT_EQ(grain_for(3, 2, 16), 1u);
  for (const std::uint64_t chunks : {1, 4, 16, 64, 256, 1024})
    EXPECT_EQ(chunks_per_worker_of(1 << 20, 4, grain_for(1 << 20, 4, chunks)), chunks);
  EXPECT_EQ(chunks_per_worker_of(1, 4, 1), 1u) << "one at least";
}

TEST(Candidates, OfTheSecondRaceHaveNoShorterChunksThanPay) {
  const auto grains = [](double serial_seconds) {
    std::set<std::uint64_t> grains;
    for (const Arm& one : fine_arms(loop, {parse_backend("tbb")}, 2, serial_seconds))
      grains.insert(one.grain);
    return grains;
  };
  EXPECT_EQ(grains(1).size(), 6u) << "a microsecond an index: all of them";
  EXPECT_EQ(*grains(1).begin(), grain_for(loop.size, 2, 1024));
  // 10 us in all: 100 chunks of a tenth of a microsecond.
  EXPECT_EQ(grains(10e-6), (std::set<std::uint64_t>{31'250, 125'000, 500'000}));
  EXPECT_EQ(grains(1e-9), (std::set<std::uint64_t>{500'000})) << "a chunk a worker at least";
}

TEST(Candidates, OfTheSecondRaceHaveFewerWorkersToo) {
  std::set<int> workers;
  for (const Arm& one : fine_arms(loop, {parse_backend("openmp:static")}, 12, 1))
    workers.insert(one.executor.workers);
  EXPECT_EQ(workers, (std::set<int>{3, 6, 12}));
}

}  // namespace
}  // namespace parlab
