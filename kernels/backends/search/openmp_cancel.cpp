// A search that ends by `omp cancel`: threads look for the cancellation at each block.

#include <omp.h>

#include <algorithm>
#include <atomic>

#include "kernels/backends/openmp_threads.hpp"
#include "kernels/backends/search/cancellable_search.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/first_failure.hpp"

namespace parlab {
namespace {

std::uint64_t search_by_omp_cancel(int workers, const Chunking& chunking, std::uint64_t block,
                                   FunctionRef<std::uint64_t(IndexRange)> search) {
  if (omp_get_cancellation() == 0)
    throw UsageError(
        "OpenMP was started with cancellation off: set OMP_CANCELLATION=true, or unset it");
  OpenMPThreads threads;
  threads.prepare(workers);
  std::atomic<std::uint64_t> hit = 0;
  FirstFailure failure;
  const std::uint64_t chunks = chunking.chunks();
#pragma omp parallel num_threads(workers)
#pragma omp for schedule(dynamic, 1)
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
    for (IndexRange left = chunking[chunk]; !left.empty();) {
      const std::uint64_t size = std::min(block, left.size());
      std::uint64_t here = 0;
      failure.guard([&] { here = search({left.begin, left.begin + size}); });
      if (here != 0) hit.store(here, std::memory_order_relaxed);
      if (here != 0 || failure.failed()) {
#pragma omp cancel for
      }
#pragma omp cancellation point for
      left.begin += size;
    }
  }
  failure.rethrow();
  return hit.load(std::memory_order_relaxed);
}

const RegisterCancellableSearch registered("openmp", search_by_omp_cancel);

}  // namespace
}  // namespace parlab
