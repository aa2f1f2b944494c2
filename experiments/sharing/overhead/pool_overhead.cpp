// A pool's map, by chunks of several sizes, and how soon a worker's death is told.

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <numeric>

#include "experiments/sharing/overhead/bare_pool.hpp"
#include "experiments/sharing/overhead/overhead_task.hpp"
#include "experiments/sharing/overhead/python_multiprocessing.hpp"
#include "kernels/peers/peer.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/pool/pool.hpp"

namespace parlab {
namespace {

constexpr int workers = static_cast<int>(BarePool::workers);

std::uint64_t items_for(std::size_t chunksize) { return chunksize == 1 ? 4'000 : 10'000; }

/// The most that an item should take, where a goal says so.
std::optional<std::chrono::nanoseconds> limit_of_item(std::size_t chunksize) {
  if (chunksize == 1) return std::chrono::nanoseconds(1000);
  if (chunksize == 1000) return std::chrono::nanoseconds(10);
  return std::nullopt;
}

std::uint64_t add_one(std::uint64_t n) { return n + 1; }

/// 0, 1, 2, ...
std::vector<std::uint64_t> numbers(std::uint64_t count) {
  std::vector<std::uint64_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

OpenedArm map_by_pool(std::size_t chunksize) {
  const auto pool = std::make_shared<Pool>(workers);
  return OpenedArm([=, items = numbers(items_for(chunksize))]() -> Answer {
    return mark_of(pool->map(add_one, items, chunksize));
  });
}

OpenedArm map_by_bare_pool(std::size_t chunksize) {
  const auto pool = std::make_shared<BarePool>(add_one);
  return OpenedArm([=, items = numbers(items_for(chunksize)),
                    results = numbers(items_for(chunksize))]() mutable -> Answer {
    pool->map(items, chunksize, results);
    return mark_of(results);
  });
}

OpenedArm map_by_ring_pool(std::size_t chunksize) {
  const auto pool = std::make_shared<RingPool>(add_one);
  return OpenedArm([=, items = numbers(items_for(chunksize)),
                    results = numbers(items_for(chunksize))]() mutable -> Answer {
    pool->map(items, results);
    return mark_of(results);
  });
}

OverheadTask map_task(std::size_t chunksize) {
  const std::uint64_t items = items_for(chunksize);
  std::vector<std::uint64_t> results = numbers(items + 1);
  results.erase(results.begin());
  OverheadTask task{
      .family = "pool_map",
      .name = fmt::format("pool_map_{}", chunksize),
      .title = fmt::format("items of a Pool.map on 2 workers, chunksize {}", chunksize),
      .size = items,
      .unit = "items",
      .expected = mark_of(results),
      .bound =
          "A chunk is a message to a worker and one back, of 8 bytes an item: through memory some "
          "cache lines that move from core to core, through sockets four system calls, and a "
          "wake-up where a side sleeps.",
      .methods = {own_method([=](const RedisAddress&) { return map_by_pool(chunksize); }),
                  bare_method("seqpacket_pool", 1.5,
                              [=](const RedisAddress&) { return map_by_bare_pool(chunksize); }),
                  bare_method("ring_pool", std::nullopt,
                              [=](const RedisAddress&) { return map_by_ring_pool(chunksize); })}};
  if (const auto limit = limit_of_item(chunksize))
    task.methods.push_back(limit_method(fmt::format("limit_of_{}_ns_an_item", limit->count()),
                                        *limit * items, task.expected));
  add_python_method(task, "Pool", fmt::format("pool_map {} {} {}", workers, items, chunksize),
                    chunksize == 1 ? std::optional(10.0) : std::nullopt);
  return task;
}

std::int64_t nanoseconds_now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// When the last worker killed itself, by a clock that all processes share.
RawValue<std::int64_t>& time_of_death() {
  static RawValue<std::int64_t> time(0);
  return time;
}

std::uint64_t die(std::uint64_t) {
  time_of_death().store(nanoseconds_now());
  kill(getpid(), SIGKILL);
  return 0;
}

/// From the call whose task kills its worker, so a little more than from the kill, which the metric
/// is: that of the last run of a sample.
OpenedArm die_in_pool() {
  time_of_death();  // before the workers are forked
  const auto pool = std::make_shared<Pool>(workers);
  const auto seconds = std::make_shared<double>(0);
  return OpenedArm(
      [=]() -> Answer {
        try {
          pool->apply(die, std::uint64_t{0});
        } catch (const WorkerDied& died) {
          *seconds = 1e-9 * static_cast<double>(nanoseconds_now() - time_of_death().load());
          return died.signal();
        }
        return 0;
      },
      [=]() -> nlohmann::json {
        return {{"kill_to_report_seconds", *seconds}};
      });
}

OpenedArm die_in_bare_process() {
  return OpenedArm([]() -> Answer {
    const pid_t child = fork();
    if (child == 0) kill(getpid(), SIGKILL);
    if (child < 0) throw std::runtime_error("cannot fork");
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  });
}

}  // namespace

std::vector<OverheadTask> pool_tasks() {
  return {map_task(1), map_task(10), map_task(100), map_task(1000)};
}

std::vector<OverheadTask> death_tasks() {
  return {{.family = "death",
           .name = "death",
           .title = "a Pool's worker killed in its task, until WorkerDied is thrown",
           .size = 1,
           .unit = "deaths",
           .expected = SIGKILL,
           .bound = "The kernel takes the dead process's memory apart, then wakes who waits for "
                    "it. A pool forks another worker, too.",
           .methods = {own_method([](const RedisAddress&) { return die_in_pool(); }),
                       bare_method("fork_kill_waitpid", std::nullopt,
                                   [](const RedisAddress&) { return die_in_bare_process(); }),
                       limit_method("limit_of_10_ms", std::chrono::milliseconds(10), SIGKILL)}}};
}

}  // namespace parlab
