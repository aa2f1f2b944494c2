// sharing_distance: a flag, a count, a queue and a call, shared by threads, processes and hosts.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "experiments/base/standard_streams.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/sharing/distance/distance_task.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

bool takes(const DistanceTask& task, const std::string& distance) {
  return std::ranges::find(task.without, distance) == task.without.end();
}

const DistanceTask& task_of(const Workload& workload) {
  return *std::ranges::find_if(distance_tasks(), [&](const DistanceTask& task) {
    return workload.parameter<std::string>("task") == task.name;
  });
}

class SharingDistance final : public Experiment {
 public:
  std::string name() const override { return "sharing_distance"; }
  int report_place() const override { return 48; }
  std::string question() const override {
    return "What does sharing cost by thread, by process and by host?";
  }
  std::string why() const override {
    return "Threads and processes of one machine share cache lines: an access is an instruction, "
           "and moving a line between cores takes some tens of nanoseconds. A server is asked by "
           "messages: two a call, each a copy and a process that is woken. TLS adds an encryption "
           "and a check to each message, a few microseconds where it is short, and its share of a "
           "long one. Another host adds the network: here two namespaces of one machine, joined by "
           "a veth pair, so that the way through the kernel is measured, but no wire and no "
           "switch, which add their own 10 to 100 us.";
  }

  bool compares_methods() const override { return true; }

  void add_options(CLI::App& app) override {
    std::string tasks;
    for (const DistanceTask& task : distance_tasks())
      tasks += fmt::format("{}{}: {}", tasks.empty() ? "" : "; ", task.name, task.what);
    app.add_option("--task", task_words_, fmt::format("a list [all]. {}", tasks));
    std::string names;
    for (const Distance& one : distances())
      names += fmt::format("{}{}: {}", names.empty() ? "" : "; ", one.name, one.what);
    app.add_option("--ways", distance_words_,
                   fmt::format("a list, of which the first is the baseline [all]. {}", names));
  }
  void check_options() override {
    const std::vector<std::string> tasks = names_of(distance_tasks());
    tasks_ = task_words_.empty() ? tasks : split_list(task_words_);
    for (const std::string& task : tasks_) require_known("--task", task, tasks);
    const std::vector<std::string> names = names_of(distances());
    distances_ = distance_words_.empty() ? names : split_list(distance_words_);
    for (const std::string& name : distances_) {
      require_known("--ways", name, names);
      const std::string why = distance_named(name).why_not();
      if (!why.empty() && !distance_words_.empty())
        throw UsageError(fmt::format("--ways {}: {}", name, why));
      if (!why.empty()) tell("parlab: {} is left out: {}\n", name, why);
    }
    std::erase_if(distances_,
                  [](const std::string& name) { return !distance_named(name).why_not().empty(); });
    if (workloads().empty())
      throw UsageError(
          fmt::format("--task {} is done by none of --ways {}", task_words_, distance_words_));
    for (const std::string& name : distances_) distance_named(name).prepare(servers_);
  }

  std::string subject(const Workload& workload) const override {
    return fmt::format("For {}", task_of(workload).what);
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const DistanceTask& task : distance_tasks())
      for (const std::string& distance : distances_)
        if (std::ranges::find(tasks_, task.name) != tasks_.end() && takes(task, distance))
          cases.push_back({.kernel = "sharing",
                           .variant = distance,
                           .size = task.size,
                           .unit = task.unit,
                           .parameters = {{"task", std::string(task.name)}}});
    return cases;
  }

  Answer expected(const Workload& workload) const override { return task_of(workload).expected; }

  OpenedArm open(const Arm& arm) const override {
    return task_of(arm.workload).open(arm.workload.variant, servers_, arm.workload.size);
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    return {{"sharing-distance",
             {"sharing_distance", "--rounds", profile == Profile::full ? "21" : "7"}}};
  }

 private:
  std::string task_words_, distance_words_;
  std::vector<std::string> tasks_, distances_;
  DistanceServers servers_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<SharingDistance>();
});

}  // namespace
}  // namespace parlab
