// What it costs to read a flag, to add 1 under a lock and to send a message there and back: the
// library's ways beside the bare ones that they are held to.

#include "kernels/sharing/flags.hpp"

#include <benchmark/benchmark.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "kernels/sharing/child_process.hpp"
#include "kernels/sharing/lock.hpp"
#include "kernels/sharing/manager.hpp"
#include "kernels/sharing/raw_value.hpp"
#include "kernels/sharing/redis/redis_server.hpp"

#ifdef PARLAB_HAS_HIREDIS
#include <hiredis/hiredis.h>
#endif

namespace {

using parlab::ChildProcess;

constexpr std::chrono::microseconds spin(50);

template <class Flag>
void read_flag(benchmark::State& state, Flag& flag) {
  flag.clear();
  for (auto _ : state) {
    bool set = flag.is_set();
    benchmark::DoNotOptimize(set);
  }
}

void atomic_flag(benchmark::State& state) {
  parlab::AtomicFlag flag;
  read_flag(state, flag);
}
BENCHMARK(atomic_flag)->Name("flag/atomic");

void raw_value_flag(benchmark::State& state) {
  parlab::RawValueFlag flag;
  read_flag(state, flag);
}
BENCHMARK(raw_value_flag)->Name("flag/raw_value");

void mmap_flag(benchmark::State& state) {
  parlab::MmapFlag flag;
  read_flag(state, flag);
}
BENCHMARK(mmap_flag)->Name("flag/mmap");

void manager_flag(benchmark::State& state, std::chrono::microseconds how_long) {
  parlab::ManagerOptions options;
  options.spin = how_long;
  const parlab::Manager manager(std::move(options));
  parlab::ManagerFlag flag(manager);
  read_flag(state, flag);
}
BENCHMARK_CAPTURE(manager_flag, sleeping, std::chrono::microseconds(0))
    ->Name("flag/manager")
    ->UseRealTime();
BENCHMARK_CAPTURE(manager_flag, spinning, spin)->Name("flag/manager_spin")->UseRealTime();

/// One byte there and back over a Unix socket to a process that does nothing else.
void ping_pong(benchmark::State& state, std::chrono::microseconds how_long) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    state.SkipWithError("no socket pair");
    return;
  }
  const auto receive = [how_long](int socket, std::array<char, 16>& bytes) {
    const auto until = std::chrono::steady_clock::now() + how_long;
    do {
      if (how_long.count() == 0) break;
      const ssize_t got = recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got >= 0) return got;
    } while (std::chrono::steady_clock::now() < until);
    return recv(socket, bytes.data(), bytes.size(), 0);
  };
  {
    ChildProcess peer = ChildProcess::fork([&] {
      close(ends[0]);
      std::array<char, 16> bytes{};
      for (ssize_t got = 0; (got = receive(ends[1], bytes)) > 0;)
        if (send(ends[1], bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) return;
    });
    close(ends[1]);
    std::array<char, 16> bytes{};
    for (auto _ : state) {
      if (send(ends[0], bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 ||
          receive(ends[0], bytes) <= 0)
        state.SkipWithError("the peer is gone");
    }
  }
  close(ends[0]);
}
BENCHMARK_CAPTURE(ping_pong, sleeping, std::chrono::microseconds(0))
    ->Name("flag/bare_unix_socket")
    ->UseRealTime();
BENCHMARK_CAPTURE(ping_pong, spinning, spin)->Name("flag/bare_unix_socket_spin")->UseRealTime();

/// Free: nobody else wants it.
template <class Mutex>
void add_under(benchmark::State& state, Mutex& mutex) {
  std::uint64_t count = 0;
  for (auto _ : state) {
    mutex.lock();
    benchmark::DoNotOptimize(++count);
    mutex.unlock();
  }
}

struct PlainMutex {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  void lock() { pthread_mutex_lock(&mutex); }
  void unlock() { pthread_mutex_unlock(&mutex); }
};

void plain_mutex(benchmark::State& state) {
  PlainMutex mutex;
  add_under(state, mutex);
}
BENCHMARK(plain_mutex)->Name("lock/bare_pthread_mutex");

void robust_lock(benchmark::State& state) {
  parlab::Lock lock;
  add_under(state, lock);
}
BENCHMARK(robust_lock)->Name("lock/lock");

void fetch_add(benchmark::State& state) {
  parlab::RawValue<std::uint64_t> count(0);
  for (auto _ : state) benchmark::DoNotOptimize(count.fetch_add(1));
}
BENCHMARK(fetch_add)->Name("lock/atomic");

void manager_lock(benchmark::State& state) {
  const parlab::Manager manager;
  parlab::ManagedLock lock = manager.lock();
  add_under(state, lock);
}
BENCHMARK(manager_lock)->Name("lock/manager")->UseRealTime();

#ifdef PARLAB_HAS_HIREDIS
/// A server for all benchmarks of it, or none.
std::unique_ptr<parlab::RedisServer> redis_for(benchmark::State& state) {
  if (parlab::RedisServer::program().empty()) {
    state.SkipWithError("no redis-server here: install redis-server");
    return nullptr;
  }
  return std::make_unique<parlab::RedisServer>();
}

void redis_flag(benchmark::State& state) {
  const auto server = redis_for(state);
  if (!server) return;
  parlab::RedisFlag flag({.place = server->place()}, "flag");
  read_flag(state, flag);
}

void bare_hiredis(benchmark::State& state) {
  const auto server = redis_for(state);
  if (!server) return;
  redisContext* context = redisConnectUnix(server->place().c_str());
  for (auto _ : state) {
    void* reply = redisCommand(context, "GET flag");
    benchmark::DoNotOptimize(reply);
    freeReplyObject(reply);
  }
  redisFree(context);
}

void redis_increment(benchmark::State& state) {
  const auto server = redis_for(state);
  if (!server) return;
  const parlab::Redis redis({.place = server->place()});
  for (auto _ : state) benchmark::DoNotOptimize(redis.increment("count"));
}

const bool registered = [] {
  // Without a server there is nothing to measure, and nothing has failed.
  if (parlab::RedisServer::program().empty()) return false;
  benchmark::RegisterBenchmark("flag/redis", redis_flag)->UseRealTime();
  benchmark::RegisterBenchmark("flag/bare_hiredis", bare_hiredis)->UseRealTime();
  benchmark::RegisterBenchmark("lock/redis_incr", redis_increment)->UseRealTime();
  return true;
}();
#endif

}  // namespace
