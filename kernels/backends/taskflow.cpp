// taskflow: Taskflow's for_each over the chunk numbers, one task a worker, on an executor of its
// own. Its workers steal, are kept, and sleep between runs; the caller only waits. The partitioner
// decides how chunks are dealt out.

#include <memory>
#include <string>
#include <taskflow/algorithm/for_each.hpp>
#include <taskflow/taskflow.hpp>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/first_failure.hpp"
#include "kernels/base/thread_shortage.hpp"

namespace parlab {
namespace {

class Taskflow final : public Backend {
 public:
  explicit Taskflow(const BackendSpec& spec) : workers_(spec.workers), schedule_(spec.schedule) {
    // Its constructor would end the process where it cannot start one.
    try_threads(1, workers_);
    executor_ = std::make_unique<tf::Executor>(static_cast<std::size_t>(workers_));
  }
  int workers() const override { return workers_; }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    if (chunks == 0) return;
    FirstFailure failure;
    const auto compute = [&](std::uint64_t chunk) {
      failure.guard([&] { body(chunk, slots + chunk * slot_size); });
    };
    tf::Taskflow flow;
    const auto deal = [&](auto partitioner) {
      flow.for_each_index(std::uint64_t{0}, chunks, std::uint64_t{1}, compute, partitioner);
    };
    if (schedule_ == "dynamic") {
      deal(tf::DynamicPartitioner(1));
    } else if (schedule_ == "guided") {
      deal(tf::GuidedPartitioner(1));
    } else {
      deal(tf::StaticPartitioner(0));
    }
    executor_->run(flow).wait();
    failure.rethrow();
  }

  int workers_;
  std::string schedule_;
  std::unique_ptr<tf::Executor> executor_;
};

const RegisterBackend registered{{
    .name = "taskflow",
    .what = "Taskflow for_each_index: work stealing, threads kept and sleeping between runs",
    .schedules = {"static", "dynamic", "guided"},
    .make = [](const BackendSpec& spec) { return std::make_unique<Taskflow>(spec); },
}};

}  // namespace
}  // namespace parlab
