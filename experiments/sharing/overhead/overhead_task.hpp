#pragma once

// What the sharing classes are checked against: each task is done by parlab's class, by the bare
// calls that the class is made of, and where there is one by Python's class of the same name. All
// methods of a task do it equally often in a run and return the same answer.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/peers/peer_facts.hpp"
#include "kernels/sharing/redis/redis.hpp"

namespace parlab {

struct OverheadMethod {
  std::string name;
  Part part;
  std::string library;
  std::optional<double> goal;
  /// Makes ready whatever stands by; each run of what it returns does the task once.
  std::function<OpenedArm(const RedisAddress&)> open;
};

struct OverheadTask {
  std::string family;  // "pool_map": what --task may name, too
  std::string name;    // "pool_map_100"
  std::string title;   // what a reader sees
  std::uint64_t size;  // operations a run, counted in `unit`
  std::string unit;
  std::uint64_t expected;               // every method's answer
  std::string bound;                    // what the bare calls have to do
  std::vector<OverheadMethod> methods;  // own first
};

std::vector<OverheadTask> flag_poll_tasks();
std::vector<OverheadTask> lock_tasks();
std::vector<OverheadTask> wake_tasks();
std::vector<OverheadTask> manager_tasks();
std::vector<OverheadTask> redis_tasks();  // none in a build without hiredis
std::vector<OverheadTask> queue_tasks();
std::vector<OverheadTask> pool_tasks();
std::vector<OverheadTask> death_tasks();
std::vector<OverheadTask> process_tasks();
std::vector<OverheadTask> fill_tasks();  // by the libraries that this build has

/// All of them; asked once, because looking for a Python is slow.
const std::vector<OverheadTask>& overhead_tasks();

/// parlab's own method.
inline OverheadMethod own_method(std::function<OpenedArm(const RedisAddress&)> open) {
  return {"parlab", Part::own, "parlab", std::nullopt, std::move(open)};
}
/// The bare calls; `goal` is the most that own time may be of theirs.
inline OverheadMethod bare_method(std::string name, std::optional<double> goal,
                                  std::function<OpenedArm(const RedisAddress&)> open) {
  return {std::move(name), Part::bound, "system", goal, std::move(open)};
}
/// A goal that is a time is an arm like any other: one that does nothing for so long.
OverheadMethod limit_method(std::string name, std::chrono::nanoseconds a_run, std::uint64_t answer);

}  // namespace parlab
