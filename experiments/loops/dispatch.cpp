// dispatch: chunks with nothing in them. What is left is the backend: waking its workers (a run)
// and handing out work (a chunk).

#include <fmt/format.h>

#include <CLI/App.hpp>

#include "experiments/base/experiment.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"

namespace parlab {
namespace {

class Dispatch final : public Experiment {
 public:
  std::string name() const override { return "dispatch"; }
  int report_place() const override { return 30; }
  std::string question() const override {
    return "What does a backend cost, per run and per chunk, when there is nothing to compute?";
  }
  std::string why() const override {
    return "A run pays for waking workers and for waiting until the last has finished; a chunk "
           "pays "
           "for one step of a counter, a queue or a deque. Backends that keep their threads awake "
           "(OpenMP spins for some milliseconds) start in about a microsecond; ones that wake "
           "sleeping threads pay a system call each way; ones that start new threads or processes "
           "pay for that. A chunk should take at least a hundred times its cost here. A sample "
           "below 10 ms is many runs back to back, so these are the costs of a backend that is "
           "used all the time: the first run after a pause costs more.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--chunks", chunks_words_,
                   "empty chunks per run; a list for a sweep [1,64,4096]");
  }
  void check_options() override {
    chunks_ = parse_quantities("--chunks", chunks_words_, 1, 1ULL << 40);
  }
  bool takes_grain() const override { return false; }
  std::string subject(const Workload& workload) const override {
    return workload.size == 1 ? "With 1 empty chunk"
                              : fmt::format("With {} empty chunks", short_number(workload.size));
  }

  std::string why_not_apart(const Workload&) const override { return ""; }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t chunks : chunks_)
      cases.push_back({.kernel = "empty", .size = chunks, .unit = "chunks"});
    return cases;
  }
  Answer expected(const Workload& workload) const override { return workload.size; }

  OpenedArm open(const Arm& arm) const override {
    std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const Chunking chunking({0, arm.workload.size}, arm.grain);
    return [=]() -> Answer {
      return map_reduce(
          *backend, chunking, std::uint64_t{0}, [](IndexRange) { return std::uint64_t{1}; },
          std::plus<>());
    };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    return {
        {"dispatch",
         {"dispatch", "--chunks", full ? "1,4,16,64,256,1024,4096,16384,65536" : "1,16,4096",
          "--backend", "all", "--workers", full ? worker_counts() : fmt::to_string(usable_cores()),
          "--rounds", full ? "41" : "11"}}};
  }

 private:
  std::string chunks_words_ = "1,64,4096";
  std::vector<std::uint64_t> chunks_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Dispatch>();
});

}  // namespace
}  // namespace parlab
