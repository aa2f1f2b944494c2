// threads: std::thread started for each run and joined at its end, as one would write it by hand.
// static: each worker takes one contiguous share of the chunks; dynamic: the next chunk by a shared
// counter. The caller is worker 0.

#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/static_share.hpp"
#include "kernels/base/first_failure.hpp"
#include "kernels/base/thread_shortage.hpp"
#include "kernels/machine/processors/worker_places.hpp"

namespace parlab {
namespace {

class Threads final : public Backend {
 public:
  explicit Threads(const BackendSpec& spec)
      : workers_(spec.workers), dynamic_(spec.schedule == "dynamic") {}
  int workers() const override { return workers_; }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    leave_worker_place();
    FirstFailure failure;
    std::atomic<std::uint64_t> next = 0;
    const auto compute = [&](std::uint64_t chunk) {
      failure.guard([&] { body(chunk, slots + chunk * slot_size); });
    };
    const auto work = [&](int worker) {
      if (dynamic_) {
        for (;;) {
          // Relaxed: the counter only deals out numbers; results are ordered by the join.
          const std::uint64_t chunk = next.fetch_add(1, std::memory_order_relaxed);
          if (chunk >= chunks || failure.failed()) return;
          compute(chunk);
        }
      }
      const IndexRange share = static_share(chunks, workers_, worker);
      for (std::uint64_t chunk = share.begin; chunk < share.end; ++chunk) compute(chunk);
    };

    std::vector<std::jthread> others;
    others.reserve(workers_ - 1);
    for (int worker = 1; worker < workers_; ++worker) {
      failure.guard([&] {
        try {
          others.emplace_back(work, worker);
        } catch (const std::system_error&) {
          throw ThreadShortage(worker + 1, workers_);
        }
      });
    }
    work(0);
    others.clear();  // joins
    failure.rethrow();
  }

  int workers_;
  bool dynamic_;
};

const RegisterBackend registered{{
    .name = "threads",
    .what = "std::thread, started and joined each run",
    .schedules = {"static", "dynamic"},
    .make = [](const BackendSpec& spec) { return std::make_unique<Threads>(spec); },
}};

}  // namespace
}  // namespace parlab
