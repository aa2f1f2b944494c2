// sharing_overhead: each sharing class against the bare calls that it is made of, in one paired
// run.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

#include "experiments/base/experiment.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/sharing/overhead/overhead_task.hpp"
#include "experiments/sharing/redis_choice.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

constexpr char redis_family[] = "redis_get";

/// Of the quick suite: of each class one size.
constexpr char few_tasks[] =
    "flag_poll,robust_lock,wake,manager_get,redis_get,queue,pool_map_1,pool_map_1000,death,process,"
    "fill_view";

const OverheadTask& task_of(const Workload& workload) {
  return *std::ranges::find(overhead_tasks(), workload.parameter<std::string>("task"),
                            &OverheadTask::name);
}

class SharingOverhead final : public Experiment {
 public:
  std::string name() const override { return "sharing_overhead"; }
  int report_place() const override { return 44; }
  std::string question() const override {
    return "What do parlab's sharing classes cost over the bare calls that they are made of?";
  }
  std::string why() const override {
    return "What is slow about sharing is done by the kernel and the caches: a process that sleeps "
           "is woken, a message is copied, a cache line moves. A class adds to that what makes it "
           "safe: whose the lock is, where a worker is in its task, whether the other side still "
           "lives. All of it is kept in memory that is mapped already, so that it costs "
           "nanoseconds beside microseconds.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--task", task_words_,
                   "flag_poll, robust_lock, wake, message_there_and_back, manager_get, "
                   "manager_get_spun, redis_get, queue, "
                   "pool_map (or pool_map_1, _10, _100, _1000), death, process, fill_view (or "
                   "fill_Eigen, fill_xtensor); a list; or 'all' [all]");
  }
  bool compares_methods() const override { return true; }
  void check_options() override {
    std::vector<std::string> words = split_list(task_words_);
    check_names(words);
    const bool all = std::ranges::find(words, "all") != words.end();
    const auto named = [&](const OverheadTask& task) {
      return std::ranges::any_of(
          words, [&](const std::string& word) { return word == task.name || word == task.family; });
    };
    for (const OverheadTask& task : overhead_tasks())
      if (all || named(task)) tasks_.push_back(&task);
    prepare_redis(all && std::ranges::find(words, redis_family) == words.end());
  }

  std::string subject(const Workload& workload) const override {
    return fmt::format("For {}", task_of(workload).title);
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const OverheadTask* task : tasks_)
      for (const OverheadMethod& method : task->methods)
        cases.push_back({.kernel = task->family,
                         .variant = method.name,
                         .size = task->size,
                         .unit = task->unit,
                         .parameters = {{"task", task->name}},
                         .facts = to_json({task->title, method.part, method.library, task->bound,
                                           method.goal})});
    return cases;
  }

  Answer expected(const Workload& workload) const override { return task_of(workload).expected; }

  OpenedArm open(const Arm& arm) const override {
    const auto& methods = task_of(arm.workload).methods;
    return std::ranges::find(methods, arm.workload.variant, &OverheadMethod::name)
        ->open(redis_.address());
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    return {
        {"sharing-overhead",
         {"sharing_overhead", "--task", full ? "all" : few_tasks, "--rounds", full ? "21" : "7"}}};
  }

 private:
  static void check_names(const std::vector<std::string>& words) {
    // Known, if perhaps not to this build.
    std::vector<std::string> names = {"all", redis_family};
    for (const OverheadTask& task : overhead_tasks())
      for (const std::string& name : {task.family, task.name})
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    for (const std::string& word : words) require_known("task", word, names);
    if (const std::string why = RedisChoice::why_not();
        !why.empty() && std::ranges::find(words, redis_family) != words.end())
      throw UsageError("Redis: " + why);
  }

  /// A server for the tasks that need one; where there is none, they go if nobody named them.
  void prepare_redis(bool may_leave_out) {
    if (const std::string why = RedisChoice::why_not(); may_leave_out && !why.empty()) {
      tell("parlab: {} is left out: {}\n", redis_family, why);
      std::erase_if(tasks_, [](const OverheadTask* task) { return task->family == redis_family; });
    }
    if (std::ranges::find(tasks_, redis_family, &OverheadTask::family) != tasks_.end())
      redis_.prepare();
  }

  std::string task_words_ = "all";
  RedisChoice redis_;
  std::vector<const OverheadTask*> tasks_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<SharingOverhead>();
});

}  // namespace
}  // namespace parlab
