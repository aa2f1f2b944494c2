// What it costs to wake another process, by the classes that sleep and by each of the kernel's ways: two
// processes wake each other in turn. And what it costs to tell it where both look instead of sleeping.

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <utility>

#include "experiments/sharing/overhead/bare_calls.hpp"
#include "experiments/sharing/overhead/overhead_task.hpp"
#include "kernels/base/limits.hpp"
#include "kernels/posix/futex.hpp"
#include "kernels/sharing/queues/queue.hpp"
#include "kernels/sharing/queues/spsc_ring.hpp"
#include "kernels/sharing/sync/condition.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t wakes = 500;         // there and back; some 5 ms
constexpr std::uint64_t round_trips = 2000;  // of messages; some 1 ms

/// Two processes, each of which waits for the other in turn. `Bell`, which both have: ring(which) and
/// wait(which), of which a wait answers one ring.
template <class Bell>
class RingInTurn {
 public:
  RingInTurn()
      : other_(ChildProcess::fork([this] {
          for (;;) {
            bell_.wait(0);
            bell_.ring(1);
          }
        })) {}
  std::uint64_t times(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      bell_.ring(0);
      bell_.wait(1);
    }
    return count;
  }

 private:
  Bell bell_;
  ChildProcess other_;  // ended first
};

struct SemaphoreBell {
  void ring(std::size_t which) { units[which].release(); }
  void wait(std::size_t which) { units[which].acquire(); }
  std::array<Semaphore, 2> units = {Semaphore(0), Semaphore(0)};
};

/// A word of shared memory, as futex(2) has it: one call to wake, one to sleep, no error looked at.
struct FutexBell {
  void ring(std::size_t which) {
    (*words)[which].store(1);
    syscall(SYS_futex, &(*words)[which], FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }
  void wait(std::size_t which) {
    while ((*words)[which].exchange(0) == 0)
      syscall(SYS_futex, &(*words)[which], FUTEX_WAIT, 0, nullptr, nullptr, 0);
  }
  SharedObject<std::array<FutexWord, 2>> words{0};
};

struct EventfdBell {
  EventfdBell() {
    for (FileDescriptor& file : files) {
      file = FileDescriptor(eventfd(0, EFD_CLOEXEC));
      if (!file) throw refusal("make an eventfd", errno);
    }
  }
  void ring(std::size_t which) const {
    const std::uint64_t one = 1;
    if (write(files[which].get(), &one, sizeof one) != sizeof one)
      throw std::runtime_error("cannot write to an eventfd");
  }
  void wait(std::size_t which) const {
    std::uint64_t count = 0;
    if (read(files[which].get(), &count, sizeof count) != sizeof count)
      throw std::runtime_error("cannot read an eventfd");
  }
  std::array<FileDescriptor, 2> files;
};

struct PipeBell {
  PipeBell() {
    for (auto& [out, in] : pipes) {
      std::array<int, 2> ends{};
      if (pipe2(ends.data(), O_CLOEXEC) != 0) throw refusal("make a pipe", errno);
      out = FileDescriptor(ends[0]);
      in = FileDescriptor(ends[1]);
    }
  }
  void ring(std::size_t which) const {
    const char byte = 1;
    if (write(pipes[which].second.get(), &byte, 1) != 1)
      throw std::runtime_error("cannot write to a pipe");
  }
  void wait(std::size_t which) const {
    char byte = 0;
    if (read(pipes[which].first.get(), &byte, 1) != 1)
      throw std::runtime_error("cannot read from a pipe");
  }
  std::array<std::pair<FileDescriptor, FileDescriptor>, 2> pipes;
};

struct QueueBell {
  void ring(std::size_t which) { queues[which].put(1); }
  void wait(std::size_t which) { queues[which].get(); }
  std::array<Queue<std::int64_t>, 2> queues = {Queue<std::int64_t>(16), Queue<std::int64_t>(16)};
};

/// Both sides look, and give the core away now and then, for there may be only one.
struct SpinningBell {
  void ring(std::size_t which) { rings[which].try_put(1); }
  void wait(std::size_t which) {
    std::int64_t item = 0;
    for (unsigned turn = 1; !rings[which].try_get(item); ++turn)
      if (turn % 1024 == 0) sched_yield();
  }
  std::array<SpscRing<std::int64_t>, 2> rings = {SpscRing<std::int64_t>(16),
                                                 SpscRing<std::int64_t>(16)};
};

template <class Bell>
OpenedArm ring_in_turn(std::uint64_t count) {
  const auto both = std::make_shared<RingInTurn<Bell>>();
  return OpenedArm([=]() -> Answer { return both->times(count); });
}

OpenedArm socket_in_turn(std::chrono::microseconds spin, std::uint64_t count) {
  const auto both = std::make_shared<PingPong>(spin);
  return OpenedArm([=]() -> Answer {
    for (std::uint64_t i = 0; i < count; ++i) both->there_and_back();
    return count;
  });
}

template <class Bell>
std::function<OpenedArm(const RedisAddress&)> opens(std::uint64_t count) {
  return [count](const RedisAddress&) { return ring_in_turn<Bell>(count); };
}

}  // namespace

std::vector<OverheadTask> wake_tasks() {
  return {
      {.family = "wake",
       .name = "wake",
       .title = "a Semaphore, released for a process that sleeps, there and back",
       .size = wakes,
       .unit = "round trips",
       .expected = wakes,
       .bound = "A system call puts a process to sleep, another wakes it, and the kernel finds "
                "it a core: microseconds, and on a virtual machine tens of them.",
       .methods = {own_method(opens<SemaphoreBell>(wakes)),
                   bare_method("futex", 1.2, opens<FutexBell>(wakes)),
                   bare_method("eventfd", std::nullopt, opens<EventfdBell>(wakes)),
                   bare_method("pipe", std::nullopt, opens<PipeBell>(wakes)),
                   bare_method("unix_socket", std::nullopt,
                               [](const RedisAddress&) {
                                 return socket_in_turn(std::chrono::microseconds(0), wakes);
                               })}},
      {.family = "message_there_and_back",
       .name = "message_there_and_back",
       .title = "messages of 8 bytes through two Queues, there and back",
       .size = round_trips,
       .unit = "round trips",
       .expected = round_trips,
       .bound = "Where both sides look for it, a message is a cache line that moves from core to "
                "core; through a socket two system calls; where one sleeps, a wake-up more.",
       .methods = {own_method(opens<QueueBell>(round_trips)),
                   bare_method("spsc_ring", std::nullopt, opens<SpinningBell>(round_trips)),
                   bare_method("unix_socket_spun", 1.0, [](const RedisAddress&) {
                     return socket_in_turn(std::chrono::microseconds(50), round_trips);
                   })}}};
}

}  // namespace parlab
