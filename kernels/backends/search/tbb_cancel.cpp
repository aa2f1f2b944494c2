// A search that ends by cancelling its task group: tasks look for it at each block.

#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <atomic>

#include "kernels/backends/search/cancellable_search.hpp"
#include "kernels/backends/tbb_workers.hpp"
#include "kernels/base/handover.hpp"

namespace parlab {
namespace {

std::uint64_t search_by_tbb_cancel(int workers, const Chunking& chunking, std::uint64_t block,
                                   FunctionRef<std::uint64_t(IndexRange)> search) {
  try_tbb_workers(workers);
  const TbbParallelism allowed(workers);
  tbb::task_arena arena(workers);
  std::atomic<std::uint64_t> hit = 0;
  arena.execute([&] {
    Handover handover;
    tbb::task_group group;
    for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk)
      group.run([&, chunk] {
        const Handover::Chunk handed_over(handover);
        for (IndexRange left = chunking[chunk]; !left.empty();) {
          if (tbb::is_current_task_group_canceling()) return;
          const std::uint64_t size = std::min(block, left.size());
          if (const std::uint64_t here = search({left.begin, left.begin + size})) {
            hit.store(here, std::memory_order_relaxed);
            group.cancel();
            return;
          }
          left.begin += size;
        }
      });
    group.wait();  // rethrows what a search threw
  });
  return hit.load(std::memory_order_relaxed);
}

const RegisterCancellableSearch registered("tbb", search_by_tbb_cancel);

}  // namespace
}  // namespace parlab
