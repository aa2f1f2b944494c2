// A pool that is made after OpenMP had threads: libgomp's child would hang in its first parallel
// region, were the threads not ended before the fork.

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/sanitizers.hpp"
#include "kernels/sharing/pool/pool.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

class OpenMpForkTest : public SharingTest {};

std::uint64_t sum_by_openmp(std::uint64_t count) {
  const auto backend = make_backend(parse_backend("openmp", 2));
  return map_reduce(
      *backend, Chunking({0, count}, 1), std::uint64_t{0},
      [](IndexRange range) { return range.begin; }, std::plus<>());
}

TEST_F(OpenMpForkTest, LetsParentAndWorkersRunParallelRegions) {
#ifdef PARLAB_THREAD_SANITIZER
  GTEST_SKIP() << "the thread sanitizer allows no threads in a child of a program that had some";
#endif
  const std::vector<BackendSpec> all = parse_backends("all");
  if (std::none_of(all.begin(), all.end(),
                   [](const auto& spec) { return spec.backend == "openmp"; }))
    GTEST_SKIP() << "this build has no OpenMP";
  EXPECT_EQ(sum_by_openmp(100), 4950u);
  Pool pool(2);
  for (const std::uint64_t sum : pool.map(sum_by_openmp, std::vector<std::uint64_t>(4, 100), 1))
    EXPECT_EQ(sum, 4950u);
  EXPECT_EQ(sum_by_openmp(100), 4950u);
  EXPECT_EQ(pool.apply(sum_by_openmp, std::uint64_t{10}), 45u);
}

}  // namespace
}  // namespace parlab
