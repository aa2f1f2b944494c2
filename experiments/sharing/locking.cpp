// locking: processes that add 1 to one count. Without a lock they lose updates; what each cure
// costs, alone and when others want it too.

#include <fmt/format.h>
#include <sched.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "experiments/base/experiment.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "experiments/sharing/redis_choice.hpp"
#include "experiments/sharing/shared_count.hpp"
#include "kernels/backends/static_share.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/memory/raw_value.hpp"

namespace parlab {
namespace {

const CounterKind& counter_of(const Workload& workload) {
  return *std::ranges::find_if(counter_kinds(), [&](const CounterKind& counter) {
    return workload.variant == counter.name;
  });
}

/// All processes begin at once, or the first would be done before the last was forked.
class StartLine {
 public:
  explicit StartLine(int processes) : processes_(processes) {}
  void clear() { arrived_.store(0); }
  void wait() {
    arrived_.fetch_add(1);
    while (arrived_.load() < processes_) sched_yield();
  }

 private:
  int processes_;
  RawValue<int> arrived_;
};

class Locking final : public Experiment {
 public:
  std::string name() const override { return "locking"; }
  int report_place() const override { return 45; }
  std::string question() const override {
    return "What does it cost to add 1 to a count that processes share, and how many are lost "
           "without a lock?";
  }
  std::string why() const override {
    return "Adding 1 is a read, an addition and a write. Another process may write between the "
           "read and the write, and its update is gone: the more often, the longer the gap. One "
           "atomic instruction closes the gap for a number. A lock closes it for anything, at the "
           "price of two atomic instructions while nobody else wants it, and of sleeping and "
           "waking when somebody does. A file adds system calls; a manager or Redis adds a round "
           "trip to another process, which then does one thing after the other by nature.";
  }

  bool compares_methods() const override { return true; }

  void add_options(CLI::App& app) override {
    std::string names;
    for (const CounterKind& counter : counter_kinds())
      names += fmt::format("{}{}: {}", names.empty() ? "" : "; ", counter.name, counter.what);
    app.add_option("--ways", counters_words_,
                   fmt::format("a list, of which the first is the baseline; or memory, files, "
                               "servers or each [each]. {}",
                               names));
    app.add_option("--increments", increments_words_,
                   "increments in total, divided among the processes [4000]");
    app.add_option("--processes", processes_words_,
                   "processes that count at the same time; a list for a sweep [4]");
    redis_.add_options(app);
  }
  void check_options() override {
    increments_ = parse_quantity("--increments", increments_words_, 1, 1ULL << 40);
    processes_ = parse_quantities("--processes", processes_words_, 1, 1024);
    std::vector<std::string> names = {"memory", "files", "servers", "each"};
    for (const CounterKind& counter : counter_kinds()) names.emplace_back(counter.name);
    for (const std::string& word : split_list(counters_words_)) {
      require_known("--ways", word, names);
      for (const CounterKind& counter : counter_kinds())
        if (is_meant(counter, word) && std::ranges::find(counters_, &counter) == counters_.end())
          counters_.push_back(&counter);
    }
    if (std::ranges::any_of(counters_, &CounterKind::needs_redis)) redis_.prepare();
  }

  std::string subject(const Workload& workload) const override {
    const auto processes = workload.parameter<std::uint64_t>("processes");
    return fmt::format("For {} increments by {} process{}", short_number(workload.size), processes,
                       processes == 1 ? "" : "es");
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t processes : processes_)
      for (const CounterKind* counter : counters_)
        cases.push_back({.kernel = "shared_count",
                         .variant = counter->name,
                         .size = increments_,
                         .unit = "increments",
                         .parameters = {{"processes", processes}}});
    return cases;
  }

  Answer expected(const Workload& workload) const override { return workload.size; }
  // Without a lock any number may come out; that it is wrong is what is shown.
  bool correct(const Workload& workload, const Answer& answer,
               const Answer& expected) const override {
    if (!counter_of(workload).loses_updates) return answer == expected;
    return answer.get<std::uint64_t>() >= 1 && answer <= expected;
  }

  OpenedArm open(const Arm& arm) const override {
    const int processes = arm.workload.parameter<int>("processes");
    const std::uint64_t increments = arm.workload.size;
    const std::shared_ptr<SharedCount> count = counter_of(arm.workload).make(redis_.address());
    const auto line = std::make_shared<StartLine>(processes);
    const auto lost = std::make_shared<std::uint64_t>(0);
    const auto run = [=]() -> Answer {
      count->clear();
      line->clear();
      std::vector<ChildProcess> children;
      children.reserve(processes);
      for (int process = 0; process < processes; ++process)
        children.push_back(ChildProcess::fork([&] {
          line->wait();
          count->add(static_share(increments, processes, process).size());
        }));
      for (ChildProcess& child : children)
        if (const ExitStatus status = child.wait(); !status.success())
          throw std::runtime_error("a counting process ended: " + status.describe());
      const std::uint64_t counted = count->get();
      *lost = increments - counted;
      return counted;
    };
    return OpenedArm(run, [=]() -> nlohmann::json { return {{"lost_updates", *lost}}; });
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string processes = full ? "1,2,4" : fmt::format("1,{}", std::max(2, usable_cores()));
    return {{"locking-memory",
             {"locking", "--ways", "memory", "--increments", full ? "1e7" : "1e6", "--processes",
              processes, "--rounds", full ? "41" : "11"}},
            {"locking-files-and-servers",
             {"locking", "--ways", "atomic,files,servers", "--increments", full ? "4000" : "1000",
              "--processes", processes, "--rounds", full ? "21" : "7"}}};
  }

 private:
  /// By its name or by its group's; a Redis that is not there is left out of a group.
  static bool is_meant(const CounterKind& counter, const std::string& word) {
    const std::string name = counter.name;
    if (word == name) return true;
    const bool file = name.starts_with("file");
    const bool server = counter.needs_redis || name.starts_with("manager");
    if (word == "files"     ? !file
        : word == "servers" ? !server
                            : word == "memory" && (file || server))
      return false;
    if (word != "files" && word != "servers" && word != "memory" && word != "each") return false;
    if (!counter.needs_redis || RedisChoice::why_not().empty()) return true;
    tell("parlab: {} is left out: {}\n", name, RedisChoice::why_not());
    return false;
  }

  std::string counters_words_ = "each";
  std::string increments_words_ = "4000";
  std::string processes_words_ = "4";
  RedisChoice redis_;
  std::uint64_t increments_ = 0;
  std::vector<std::uint64_t> processes_;
  std::vector<const CounterKind*> counters_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Locking>();
});

}  // namespace
}  // namespace parlab
