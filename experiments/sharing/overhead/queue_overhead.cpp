// Messages from one producer to one consumer, who stand ready, each a process.

#include <fmt/format.h>

#include <optional>

#include "experiments/sharing/message_channel.hpp"
#include "experiments/sharing/overhead/overhead_task.hpp"
#include "experiments/sharing/overhead/python_multiprocessing.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t messages = 20'000;  // 1 to 4 ms; over 100 by Python

/// 4 million a second.
constexpr std::chrono::nanoseconds max_run{messages * 250};

OpenedArm stream(const std::string& channel) {
  return OpenedArm([run = open_channel({.channel = channel,
                                        .bytes = sizeof(std::int64_t),
                                        .messages = messages,
                                        .round_trip = false},
                                       {})]() -> Answer { return run(); });
}

}  // namespace

std::vector<OverheadTask> queue_tasks() {
  constexpr std::uint64_t sum = messages * (messages + 1) / 2;
  OverheadTask task{
      .family = "queue",
      .name = "queue",
      .title = "messages of 8 bytes through a Queue, one producer, one consumer",
      .size = messages,
      .unit = "messages",
      .expected = sum,
      .bound =
          "A message is a lock taken and given back on either side, and some cache lines that "
          "move from core to core; through a pipe two system calls, and a process woken where "
          "it sleeps.",
      .methods = {own_method([](const RedisAddress&) { return stream("queue"); }),
                  {"pipe", Part::peer, "system calls", std::nullopt,
                   [](const RedisAddress&) { return stream("pipe"); }},
                  limit_method("limit_of_4_million_a_second", max_run, sum)}};
  add_python_method(task, "Queue", fmt::format("queue {}", messages), 15);
  return {task};
}

}  // namespace parlab
