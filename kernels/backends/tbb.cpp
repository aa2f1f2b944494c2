// tbb: oneTBB's parallel_for over chunk numbers, in an arena of its own. The partitioner decides
// how far the range is split: auto splits as thieves come, simple down to single chunks, static
// into one piece a worker, affinity gives a piece to the worker that had it in the run before.

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include "kernels/backend_registry.hpp"
#include "kernels/backends/tbb_workers.hpp"
#include "kernels/handover.hpp"

namespace parlab {
namespace {

class Tbb final : public Backend {
 public:
  explicit Tbb(const BackendSpec& spec)
      : allowed_(spec.workers), arena_(spec.workers), schedule_(spec.schedule) {
    try_tbb_workers(spec.workers);
  }
  int workers() const override { return arena_.max_concurrency(); }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    Handover handover;
    const tbb::blocked_range<std::uint64_t> range(0, chunks);
    const auto compute = [&](const tbb::blocked_range<std::uint64_t>& piece) {
      const Handover::Chunk handed_over(handover);
      for (std::uint64_t chunk = piece.begin(); chunk < piece.end(); ++chunk)
        body(chunk, slots + chunk * slot_size);
    };
    arena_.execute([&] {
      if (schedule_ == "simple") {
        tbb::parallel_for(range, compute, tbb::simple_partitioner());
      } else if (schedule_ == "static") {
        tbb::parallel_for(range, compute, tbb::static_partitioner());
      } else if (schedule_ == "affinity") {
        tbb::parallel_for(range, compute, affinity_);
      } else {
        tbb::parallel_for(range, compute, tbb::auto_partitioner());
      }
    });
  }

  TbbParallelism allowed_;
  mutable tbb::task_arena arena_;
  TbbProcessors processors_{arena_};
  tbb::affinity_partitioner affinity_;  // remembers who had which piece
  std::string schedule_;
};

const RegisterBackend registered{{
    .name = "tbb",
    .what = "oneTBB parallel_for: work stealing, threads kept and sleeping between runs",
    .schedules = {"auto", "simple", "static", "affinity"},
    .make = [](const BackendSpec& spec) { return std::make_unique<Tbb>(spec); },
}};

}  // namespace
}  // namespace parlab
