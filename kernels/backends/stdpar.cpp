// stdpar: std::for_each with std::execution::par over the chunk numbers. libstdc++ runs it on TBB,
// so an arena of the wanted size around the call sets the worker count, which the standard cannot
// say.

#include <tbb/task_arena.h>

#include <algorithm>
#include <execution>
#include <numeric>
#include <vector>

#include "kernels/backend_registry.hpp"
#include "kernels/backends/tbb_workers.hpp"
#include "kernels/first_failure.hpp"
#include "kernels/handover.hpp"

namespace parlab {
namespace {

class StdPar final : public Backend {
 public:
  explicit StdPar(const BackendSpec& spec) : allowed_(spec.workers), arena_(spec.workers) {
    try_tbb_workers(spec.workers);
  }
  int workers() const override { return arena_.max_concurrency(); }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    // Numbers in memory: an iota view's iterators are input iterators to the C++17 algorithms,
    // which then silently run on one thread.
    while (numbers_.size() < chunks) numbers_.push_back(numbers_.size());
    Handover handover;
    FirstFailure failure;  // an exception that leaves a parallel algorithm ends the program
    arena_.execute([&] {
      std::for_each(std::execution::par, numbers_.begin(),
                    numbers_.begin() + static_cast<std::ptrdiff_t>(chunks),
                    [&](std::uint64_t chunk) {
                      const Handover::Chunk handed_over(handover);
                      failure.guard([&] { body(chunk, slots + chunk * slot_size); });
                    });
    });
    failure.rethrow();
  }

  TbbParallelism allowed_;
  mutable tbb::task_arena arena_;
  TbbProcessors processors_{arena_};
  std::vector<std::uint64_t> numbers_;  // 0, 1, 2, ...
};

const RegisterBackend registered{{
    .name = "stdpar",
    .what = "std::for_each(std::execution::par, ...), which libstdc++ runs on oneTBB",
    .schedules = {},
    .make = [](const BackendSpec& spec) { return std::make_unique<StdPar>(spec); },
}};

}  // namespace
}  // namespace parlab
