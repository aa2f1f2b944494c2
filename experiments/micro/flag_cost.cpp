// What it costs to read a flag and to add 1 under a lock: the library's ways beside the bare ones
// that they are checked against.

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>

#include "experiments/sharing/overhead/bare_calls.hpp"
#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/redis/redis_server.hpp"
#include "kernels/sharing/stop_flags.hpp"
#include "kernels/sharing/sync/lock.hpp"

namespace {

constexpr std::chrono::microseconds spin(50);

template <class Flag>
void read_flag(benchmark::State& state, Flag& flag) {
  flag.clear();
  for ([[maybe_unused]] auto _ : state) {
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

void ping_pong(benchmark::State& state, std::chrono::microseconds how_long) {
  parlab::PingPong other(how_long);
  for ([[maybe_unused]] auto _ : state) other.there_and_back();
}
BENCHMARK_CAPTURE(ping_pong, sleeping, std::chrono::microseconds(0))
    ->Name("flag/bare_unix_socket")
    ->UseRealTime();
BENCHMARK_CAPTURE(ping_pong, spinning, spin)->Name("flag/bare_unix_socket_spin")->UseRealTime();

/// Free: nobody else wants it.
template <class Mutex>
void add_under(benchmark::State& state, Mutex& mutex) {
  std::uint64_t count = 0;
  for ([[maybe_unused]] auto _ : state) {
    mutex.lock();
    benchmark::DoNotOptimize(++count);
    mutex.unlock();
  }
}

void plain_mutex(benchmark::State& state) {
  parlab::PlainMutex mutex(parlab::PlainMutex::Kind::processes);
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
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(count.fetch_add(1));
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
  parlab::BareRedis bare(server->place());
  for ([[maybe_unused]] auto _ : state) {
    bool set = bare.is_one("flag");
    benchmark::DoNotOptimize(set);
  }
}

void redis_increment(benchmark::State& state) {
  const auto server = redis_for(state);
  if (!server) return;
  const parlab::Redis redis({.place = server->place()});
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(redis.increment("count"));
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
