#include "experiments/sharing/overhead/overhead_task.hpp"

namespace parlab {

const std::vector<OverheadTask>& overhead_tasks() {
  static const std::vector<OverheadTask> all = [] {
    std::vector<OverheadTask> tasks;
    for (const auto make : {flag_poll_tasks, lock_tasks, wake_tasks, manager_tasks, redis_tasks,
                            queue_tasks, pool_tasks, death_tasks, process_tasks, fill_tasks})
      for (OverheadTask& task : make()) tasks.push_back(std::move(task));
    return tasks;
  }();
  return all;
}

OverheadMethod limit_method(std::string name, std::chrono::nanoseconds a_run,
                            std::uint64_t answer) {
  return bare_method(std::move(name), 1.0, [=](const RedisAddress&) {
    // Looks at the clock all the time: a sleep would end late by as much as a wake-up takes.
    return OpenedArm([=]() -> Answer {
      const auto end = std::chrono::steady_clock::now() + a_run;
      while (std::chrono::steady_clock::now() < end) {
      }
      return answer;
    });
  });
}

}  // namespace parlab
