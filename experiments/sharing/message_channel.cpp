#include "experiments/sharing/message_channel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/posix/futex.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/sockets.hpp"
#include "kernels/posix/spin.hpp"
#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/messages/connection.hpp"
#include "kernels/sharing/queues/queue.hpp"
#include "kernels/sharing/queues/spsc_ring.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {
namespace {

template <std::size_t size>
using Message = std::array<std::byte, size>;

/// Items that a ring or queue has room for: as many as fit a few caches, and one at least.
template <std::size_t size>
constexpr std::size_t room = std::max<std::size_t>(4,
                                                   std::min<std::size_t>(4096, (1 << 20) / size));

/// A pipe of the kernel, bytes.
template <std::size_t size>
class PipeChannel {
 public:
  explicit PipeChannel(const RedisAddress&) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
    out_ = FileDescriptor(ends[0]);
    in_ = FileDescriptor(ends[1]);
  }
  void send(const Message<size>& message) {
    for (std::size_t done = 0; done < size;)
      done += moved(write(in_.get(), message.data() + done, size - done));
  }
  void receive(Message<size>& message) {
    for (std::size_t done = 0; done < size;)
      done += moved(read(out_.get(), message.data() + done, size - done));
  }

 private:
  static std::size_t moved(ssize_t bytes) {
    if (bytes > 0) return static_cast<std::size_t>(bytes);
    if (bytes < 0 && errno == EINTR) return 0;
    throw std::runtime_error("the other side of a pipe is gone");
  }
  FileDescriptor in_, out_;
};

/// A Unix socket by Connection, packets.
template <std::size_t size>
class SocketChannel {
 public:
  explicit SocketChannel(const RedisAddress&) : ends_(make_pipe(false)) {}
  void send(const Message<size>& message) { ends_.second.send(message); }
  void receive(Message<size>& message) { message = ends_.first.template recv<Message<size>>(); }

 private:
  std::pair<Connection, Connection> ends_;
};

/// A Unix socket that keeps packets whole, by bare calls.
template <std::size_t size>
class BareSocketChannel {
 public:
  explicit BareSocketChannel(const RedisAddress&)
      : ends_(make_socket_pair(SOCK_SEQPACKET, "make a socket pair")) {}
  void send(const Message<size>& message) {
    if (::send(ends_.here.get(), message.data(), size, MSG_NOSIGNAL) != ssize_t{size})
      throw std::runtime_error("the other side of a socket is gone");
  }
  void receive(Message<size>& message) {
    if (recv(ends_.there.get(), message.data(), size, 0) != ssize_t{size})
      throw std::runtime_error("the other side of a socket is gone");
  }

 private:
  SocketPair ends_;
};

template <std::size_t size>
class QueueChannel {
 public:
  explicit QueueChannel(const RedisAddress&) : queue_(room<size>) {}
  void send(const Message<size>& message) { queue_.put(message); }
  void receive(Message<size>& message) { message = queue_.get(); }

 private:
  Queue<Message<size>> queue_;
};

template <std::size_t size>
class SpscChannel {
 public:
  explicit SpscChannel(const RedisAddress&) : ring_(room<size>) {}
  void send(const Message<size>& message) {
    wait_until([&] { return ring_.try_put(message); });
  }
  void receive(Message<size>& message) {
    wait_until([&] { return ring_.try_get(message); });
  }

 private:
  /// Spins; gives the core away now and then, for there may be only one.
  template <class Done>
  static void wait_until(const Done& done) {
    for (unsigned turn = 1; !done(); ++turn)
      if (turn % 4096 == 0) sched_yield();
  }
  SpscRing<Message<size>> ring_;
};

/// The same ring, whose sides sleep on a futex where there is nothing, or no room; a side is woken only
/// where it sleeps.
template <std::size_t size>
class SleepingRingChannel {
 public:
  explicit SleepingRingChannel(const RedisAddress&, std::chrono::microseconds look = {})
      : look_(look), ring_(room<size>) {}
  void send(const Message<size>& message) {
    wait_until(waits_->emptied, [&] { return ring_.try_put(message); });
    notify(waits_->filled);
  }
  void receive(Message<size>& message) {
    wait_until(waits_->filled, [&] { return ring_.try_get(message); });
    notify(waits_->emptied);
  }

 private:
  struct Waits {
    EventCount filled, emptied;
  };
  static void notify(EventCount& event) {
    std::atomic_thread_fence(
        std::memory_order_seq_cst);  // the ring's stores are none, see EventCount
    event.notify(1);
  }
  template <class Done>
  void wait_until(EventCount& event, const Done& done) {
    while (!spin_until(done, look_)) {
      const std::uint32_t ticket = event.prepare_wait();
      if (done()) return;
      event.wait(ticket, {});
    }
  }
  std::chrono::microseconds look_;
  SpscRing<Message<size>> ring_;
  SharedObject<Waits> waits_{0};
};

/// The same, both sides looking before they sleep.
template <std::size_t size>
class PatientRingChannel : public SleepingRingChannel<size> {
 public:
  explicit PatientRingChannel(const RedisAddress& redis)
      : SleepingRingChannel<size>(redis, look_before_sleep) {}
};

/// The same ring with an eventfd that counts its messages: a call to send, another to receive.
template <std::size_t size>
class EventfdChannel {
 public:
  explicit EventfdChannel(const RedisAddress&)
      : ring_(room<size>),
        filled_(eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE)),
        emptied_(eventfd(room_of_ring(), EFD_CLOEXEC | EFD_SEMAPHORE)) {
    if (!filled_ || !emptied_)
      throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
  }
  void send(const Message<size>& message) {
    take(emptied_);
    ring_.try_put(message);
    give(filled_);
  }
  void receive(Message<size>& message) {
    take(filled_);
    ring_.try_get(message);
    give(emptied_);
  }

 private:
  unsigned room_of_ring() const { return static_cast<unsigned>(ring_.capacity()); }
  static void take(const FileDescriptor& file) {
    std::uint64_t one = 0;
    if (read(file.get(), &one, sizeof one) != sizeof one)
      throw std::system_error(errno, std::generic_category(), "cannot read an eventfd");
  }
  static void give(const FileDescriptor& file) {
    const std::uint64_t one = 1;
    if (write(file.get(), &one, sizeof one) != sizeof one)
      throw std::system_error(errno, std::generic_category(), "cannot write to an eventfd");
  }
  SpscRing<Message<size>> ring_;
  FileDescriptor filled_, emptied_;
};

template <std::size_t size>
class ManagerChannel {
 public:
  explicit ManagerChannel(const RedisAddress&, std::chrono::microseconds spin = {})
      : manager_(with(spin)) {}
  void send(const Message<size>& message) {
    queue_.put_bytes({reinterpret_cast<const char*>(message.data()), size});
  }
  void receive(Message<size>& message) {
    std::memcpy(message.data(), queue_.get_bytes()->data(), size);
  }

 private:
  static ManagerOptions with(std::chrono::microseconds spin) {
    ManagerOptions options;
    options.spin = spin;
    return options;
  }
  Manager manager_;
  ManagedQueue queue_ = manager_.queue(room<size>);
};

/// The manager and its clients look for the next message before they sleep.
template <std::size_t size>
class SpinningManagerChannel : public ManagerChannel<size> {
 public:
  explicit SpinningManagerChannel(const RedisAddress& redis)
      : ManagerChannel<size>(redis, std::chrono::microseconds(50)) {}
};

template <std::size_t size>
class RedisChannel {
 public:
  explicit RedisChannel(const RedisAddress& address)
      : redis_(address), list_(fmt::format("parlab:{}:{}", getpid(), next_list++)) {}
  void send(const Message<size>& message) {
    redis_.push(list_, {reinterpret_cast<const char*>(message.data()), size});
  }
  void receive(Message<size>& message) {
    std::optional<std::string> item;
    while (!item) item = redis_.pop(list_, std::chrono::seconds(1));
    const std::string_view bytes = *item;
    std::memcpy(message.data(), bytes.data(), std::min(size, bytes.size()));
  }

 private:
  inline static int next_list = 0;
  Redis redis_;
  std::string list_;
};

template <std::size_t size>
void number(Message<size>& message, std::uint64_t value) {
  std::memcpy(message.data(), &value, sizeof value);
}
template <std::size_t size>
std::uint64_t number_of(const Message<size>& message) {
  std::uint64_t value = 0;
  std::memcpy(&value, message.data(), sizeof value);
  return value;
}

/// The caller's side and the peer's, in their own processes.
template <template <std::size_t> class Channel, std::size_t size>
class Pair {
 public:
  Pair(const ChannelTask& task, const RedisAddress& redis)
      : task_(task),
        there_(redis),
        back_(redis),
        message_(std::make_unique<Message<size>>()),
        peer_(ChildProcess::fork([this] { answer(); })) {}

  std::uint64_t run() {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 1; i <= task_.messages; ++i) {
      number(*message_, i);
      there_.send(*message_);
      if (!task_.round_trip) continue;
      back_.receive(*message_);
      sum += number_of(*message_);
    }
    if (task_.round_trip) return sum;
    back_.receive(*message_);
    return number_of(*message_);
  }

 private:
  [[noreturn]] void answer() {
    for (;;) {
      std::uint64_t sum = 0;
      for (std::uint64_t i = 0; i < task_.messages; ++i) {
        there_.receive(*message_);
        sum += number_of(*message_);
        if (task_.round_trip) back_.send(*message_);
      }
      if (task_.round_trip) continue;
      number(*message_, sum);
      back_.send(*message_);
    }
  }

  ChannelTask task_;
  Channel<size> there_;
  Channel<size> back_;
  std::unique_ptr<Message<size>> message_;
  ChildProcess peer_;
};

template <template <std::size_t> class Channel, std::size_t size>
std::function<std::uint64_t()> open_of_size(const ChannelTask& task, const RedisAddress& redis) {
  const auto pair = std::make_shared<Pair<Channel, size>>(task, redis);
  return [pair] { return pair->run(); };
}

template <template <std::size_t> class Channel>
std::function<std::uint64_t()> open_of(const ChannelTask& task, const RedisAddress& redis) {
  switch (task.bytes) {
    case message_sizes[0]:
      return open_of_size<Channel, message_sizes[0]>(task, redis);
    case message_sizes[1]:
      return open_of_size<Channel, message_sizes[1]>(task, redis);
    case message_sizes[2]:
      return open_of_size<Channel, message_sizes[2]>(task, redis);
    case message_sizes[3]:
      return open_of_size<Channel, message_sizes[3]>(task, redis);
    default:
      throw UsageError(
          fmt::format("--bytes: {} is not one of {}", task.bytes, fmt::join(message_sizes, ", ")));
  }
}

}  // namespace

const std::vector<ChannelKind>& channel_kinds() {
  static const std::vector<ChannelKind> channels = {
      {"spsc_ring", "a ring in shared memory for one producer and one consumer, who spin", false},
      {"ring_look_sleep", "the same ring, whose sides look 50 us and then sleep on a futex", false},
      {"ring_sleep", "the same, sleeping at once", false},
      {"ring_eventfd", "the same with an eventfd for each side: a call per message", false},
      {"queue", "Queue: a ring in shared memory with robust locks", false},
      {"pipe", "a pipe of the kernel", false},
      {"bare_socket", "a Unix socket that keeps packets whole, by bare calls", false},
      {"unix_socket", "make_pipe(): a Unix socket that keeps packets whole", false},
      {"manager", "a manager's Queue: a round trip to put, another to get", false},
      {"manager_spin", "the same, both sides looking 50 us before they sleep", false},
      {"redis", "a list of a Redis server: LPUSH and BRPOP", true},
  };
  return channels;
}

std::function<std::uint64_t()> open_channel(const ChannelTask& task, const RedisAddress& redis) {
  if (task.channel == "spsc_ring") return open_of<SpscChannel>(task, redis);
  if (task.channel == "ring_look_sleep") return open_of<PatientRingChannel>(task, redis);
  if (task.channel == "ring_sleep") return open_of<SleepingRingChannel>(task, redis);
  if (task.channel == "ring_eventfd") return open_of<EventfdChannel>(task, redis);
  if (task.channel == "bare_socket") return open_of<BareSocketChannel>(task, redis);
  if (task.channel == "queue") return open_of<QueueChannel>(task, redis);
  if (task.channel == "pipe") return open_of<PipeChannel>(task, redis);
  if (task.channel == "unix_socket") return open_of<SocketChannel>(task, redis);
  if (task.channel == "manager") return open_of<ManagerChannel>(task, redis);
  if (task.channel == "manager_spin") return open_of<SpinningManagerChannel>(task, redis);
  return open_of<RedisChannel>(task, redis);
}

}  // namespace parlab
