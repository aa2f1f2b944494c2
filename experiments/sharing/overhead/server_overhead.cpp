// A value that a server keeps: each read is a round trip.

#include <memory>

#include "experiments/sharing/overhead/bare_calls.hpp"
#include "experiments/sharing/overhead/overhead_task.hpp"
#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/stop_flags.hpp"

namespace parlab {
namespace {

using std::chrono::microseconds;

/// How long both sides look for the next message where they spin: about as long as it takes to put
/// a process to sleep and wake it again.
constexpr microseconds spin{50};

struct ManagedFlag {
  explicit ManagedFlag(microseconds how_long) : manager(options(how_long)) { flag.set(); }
  static ManagerOptions options(microseconds how_long) {
    ManagerOptions options;
    options.spin = how_long;
    return options;
  }
  Manager manager;
  ManagerFlag flag{manager};
};

/// Reads that saw the flag set.
template <class Read>
std::uint64_t count_set(std::uint64_t reads, const Read& read) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < reads; ++i) count += read() ? 1 : 0;
  return count;
}

OverheadTask manager_task(const std::string& name, const std::string& title, std::uint64_t reads,
                          microseconds how_long, double goal, const char* bare) {
  return {.family = name,
          .name = name,
          .title = title,
          .size = reads,
          .unit = "reads",
          .expected = reads,
          .bound = how_long.count() == 0
                       ? "A round trip is two messages, and each wakes a process that sleeps."
                       : "A round trip is two messages: a system call to send and some to look for "
                         "it, and nobody is woken.",
          .methods = {own_method([=](const RedisAddress&) {
                        const auto managed = std::make_shared<ManagedFlag>(how_long);
                        return OpenedArm([=]() -> Answer {
                          return count_set(reads, [&] { return managed->flag.is_set(); });
                        });
                      }),
                      bare_method(bare, goal, [=](const RedisAddress&) {
                        const auto ping_pong = std::make_shared<PingPong>(how_long);
                        return OpenedArm([=]() -> Answer {
                          return count_set(reads, [&] {
                            ping_pong->there_and_back();
                            return true;
                          });
                        });
                      })}};
}

}  // namespace

std::vector<OverheadTask> manager_tasks() {
  return {manager_task("manager_get", "reads of a Manager's value", 1000, microseconds(0), 1.2,
                       "unix_socket"),
          manager_task("manager_get_spun", "reads of a Manager's value, both sides spinning", 2000,
                       spin, 1.2, "unix_socket_spun")};
}

std::vector<OverheadTask> redis_tasks() {
#ifdef PARLAB_HAS_HIREDIS
  constexpr std::uint64_t reads = 1000;
  constexpr auto key = "parlab:flag";
  return {{.family = "redis_get",
           .name = "redis_get",
           .title = "reads of a RedisFlag",
           .size = reads,
           .unit = "reads",
           .expected = reads,
           .bound = "A round trip over a Unix socket to a server that sleeps, which parses a "
                    "command and looks up a key.",
           .methods = {own_method([=](const RedisAddress& redis) {
                         const auto flag = std::make_shared<RedisFlag>(redis, key);
                         // Not by the flag, which then would not ask the server any more.
                         Redis(redis).set(key, "1");
                         return OpenedArm([=]() -> Answer {
                           return count_set(reads, [&] { return flag->is_set(); });
                         });
                       }),
                       {"hiredis", Part::bound, "hiredis", 1.1, [=](const RedisAddress& redis) {
                          Redis(redis).set(key, "1");
                          const auto bare = std::make_shared<BareRedis>(redis.place);
                          return OpenedArm([=]() -> Answer {
                            return count_set(reads, [&] { return bare->is_one(key); });
                          });
                        }}}}};
#else
  return {};
#endif
}

}  // namespace parlab
