// openmp: a parallel region for each run. The runtime keeps its threads between runs, and lets them
// spin for a while, which is why it starts the fastest and why it disturbs whatever runs next.
// tasks: one thread makes a task of each chunk, all take them.

#include <fmt/format.h>
#include <omp.h>

#include <stdexcept>

#include "kernels/backend_registry.hpp"
#include "kernels/backends/openmp_threads.hpp"
#include "kernels/first_failure.hpp"

namespace parlab {
namespace {

enum class Schedule { static_, dynamic, guided, tasks };

Schedule schedule_named(const std::string& name) {
  if (name == "dynamic") return Schedule::dynamic;
  if (name == "guided") return Schedule::guided;
  if (name == "tasks") return Schedule::tasks;
  return Schedule::static_;
}

class OpenMP final : public Backend {
 public:
  explicit OpenMP(const BackendSpec& spec)
      : workers_(spec.workers), schedule_(schedule_named(spec.schedule)) {
    omp_set_dynamic(0);  // or the runtime may give fewer threads than asked for
    try_openmp_threads(workers_);
  }
  int workers() const override { return workers_; }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    threads_.prepare(workers_);
    FirstFailure failure;
    int team = 0;
    const auto compute = [&](std::uint64_t chunk) {
      failure.guard([&] { body(chunk, slots + chunk * slot_size); });
    };
#pragma omp parallel num_threads(workers_)
    {
      if (omp_get_thread_num() == 0) team = omp_get_num_threads();
      // A smaller team would measure something else than what the result says.
      if (omp_get_num_threads() == workers_) {
        switch (schedule_) {
          case Schedule::static_:
#pragma omp for schedule(static)
            for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) compute(chunk);
            break;
          case Schedule::dynamic:
#pragma omp for schedule(dynamic, 1)
            for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) compute(chunk);
            break;
          case Schedule::guided:
#pragma omp for schedule(guided)
            for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) compute(chunk);
            break;
          case Schedule::tasks:
#pragma omp single
#pragma omp taskloop grainsize(1)
            for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) compute(chunk);
            break;
        }
      }
    }
    if (team != workers_)
      throw std::runtime_error(
          fmt::format("OpenMP gave {} of {} threads: raise or unset OMP_THREAD_LIMIT and "
                      "OMP_MAX_ACTIVE_LEVELS",
                      team, workers_));
    failure.rethrow();
  }

  int workers_;
  Schedule schedule_;
  OpenMPThreads threads_;
};

const RegisterBackend registered{{
    .name = "openmp",
    .what = "OpenMP parallel region; threads kept and spinning between runs",
    .schedules = {"static", "dynamic", "guided", "tasks"},
    .make = [](const BackendSpec& spec) { return std::make_unique<OpenMP>(spec); },
}};

}  // namespace
}  // namespace parlab
