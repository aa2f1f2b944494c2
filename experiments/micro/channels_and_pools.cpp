// What a message through a queue, a process, and a task of a pool cost, beside the bare calls of
// the operating system that they are made of.

#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <vector>

#include "kernels/sharing/child_process.hpp"
#include "kernels/sharing/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/queue.hpp"
#include "kernels/sharing/sharing_errors.hpp"
#include "kernels/sharing/spsc_ring.hpp"

namespace {

constexpr std::int64_t messages = 200'000;  // a run: 50 ms or so

/// One producer, a process; this one consumes. Items are messages of 8 bytes.
template <class Produce, class Consume>
void one_to_one(benchmark::State& state, const Produce& produce, const Consume& consume) {
  for (auto _ : state) {
    const auto producer = parlab::ChildProcess::fork([&] {
      for (std::int64_t i = 0; i < messages; ++i) produce(i);
    });
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < messages; ++i) sum += consume();
    if (sum != messages * (messages - 1) / 2) state.SkipWithError("a message was lost");
  }
  state.SetItemsProcessed(state.iterations() * messages);
}

void through_queue(benchmark::State& state) {
  parlab::Queue<std::int64_t> queue(4096);
  one_to_one(
      state, [&](std::int64_t i) { queue.put(i); }, [&] { return queue.get(); });
}
BENCHMARK(through_queue)->Name("queue/queue")->UseRealTime();

void through_spsc_ring(benchmark::State& state) {
  parlab::SpscRing<std::int64_t> ring(4096);
  one_to_one(
      state,
      [&](std::int64_t i) {
        while (!ring.try_put(i)) parlab::pause_processor();
      },
      [&] {
        std::int64_t item = 0;
        while (!ring.try_get(item)) parlab::pause_processor();
        return item;
      });
}
BENCHMARK(through_spsc_ring)->Name("queue/spsc_ring")->UseRealTime();

void through_pipe(benchmark::State& state) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return state.SkipWithError("no pipe");
  one_to_one(
      state,
      [&](std::int64_t i) {
        if (write(ends[1], &i, sizeof i) != sizeof i) _exit(1);
      },
      [&] {
        std::int64_t item = -1;
        if (read(ends[0], &item, sizeof item) != sizeof item) state.SkipWithError("cannot read");
        return item;
      });
  for (const int end : ends) close(end);
}
BENCHMARK(through_pipe)->Name("queue/bare_pipe")->UseRealTime();

void bare_fork(benchmark::State& state) {
  for (auto _ : state) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    int status = 0;
    waitpid(child, &status, 0);
  }
}
BENCHMARK(bare_fork)->Name("process/bare_fork_and_wait")->UseRealTime();

void start_and_join(benchmark::State& state) try {
  for (auto _ : state) {
    parlab::Process process([] {});
    process.start();
    process.join();
  }
} catch (const parlab::ForkRefused& refused) {
  state.SkipWithError(refused.what());
}
BENCHMARK(start_and_join)->Name("process/start_and_join")->UseRealTime();

std::int64_t add_one(std::int64_t n) { return n + 1; }

std::vector<std::int64_t> numbers(std::int64_t count) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

constexpr std::int64_t tasks = 20'000;

void by_chunk_size(benchmark::internal::Benchmark* map) {
  map->ArgName("chunksize")->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseRealTime();
}

void map_by_pool(benchmark::State& state) try {
  parlab::Pool pool(2);
  const std::vector<std::int64_t> items = numbers(tasks);
  for (auto _ : state) {
    const auto results = pool.map(add_one, items, static_cast<std::size_t>(state.range(0)));
    if (results.size() != items.size() || results.back() != tasks)
      state.SkipWithError("wrong results");
  }
  state.SetItemsProcessed(state.iterations() * tasks);
} catch (const parlab::ForkRefused& refused) {
  state.SkipWithError(refused.what());
}
BENCHMARK(map_by_pool)->Name("pool/map")->Apply(by_chunk_size);

/// The least that two processes behind seqpacket sockets can do: a chunk's numbers there, as many
/// back, the next chunk to whoever answered.
class BarePool {
 public:
  BarePool() {
    for (Worker& worker : workers_) {
      std::array<int, 2> ends{};
      if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
      worker.socket = ends[0];
      worker.process.emplace(parlab::ChildProcess::fork([&] {
        for (const Worker& other : workers_)
          if (other.socket > 0) close(other.socket);
        std::array<std::int64_t, 1024> chunk{};
        for (ssize_t size = 0; (size = recv(ends[1], chunk.data(), sizeof chunk, 0)) > 0;) {
          for (std::size_t i = 0; i < static_cast<std::size_t>(size) / sizeof(std::int64_t); ++i)
            chunk[i] = add_one(chunk[i]);
          if (send(ends[1], chunk.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) < 0) return;
        }
      }));
      close(ends[1]);
    }
  }
  ~BarePool() {
    for (Worker& worker : workers_) close(worker.socket);
  }

  void map(const std::vector<std::int64_t>& items, std::size_t chunksize,
           std::vector<std::int64_t>& results) {
    std::size_t next = 0;
    std::size_t under_way = 0;
    const auto give = [&](Worker& worker) {
      if (next >= items.size()) return;
      worker.first = next;
      const std::size_t count = std::min(chunksize, items.size() - next);
      if (send(worker.socket, &items[next], count * sizeof(std::int64_t), MSG_NOSIGNAL) < 0)
        std::abort();
      next += count;
      ++under_way;
    };
    for (Worker& worker : workers_) give(worker);
    while (under_way > 0) {
      std::array<pollfd, 2> watched = {
          {{workers_[0].socket, POLLIN, 0}, {workers_[1].socket, POLLIN, 0}}};
      poll(watched.data(), watched.size(), -1);
      for (std::size_t i = 0; i < 2; ++i)
        if (watched[i].revents != 0) {
          Worker& worker = workers_[i];
          if (recv(worker.socket, &results[worker.first], chunksize * sizeof(std::int64_t), 0) <= 0)
            std::abort();
          --under_way;
          give(worker);
        }
    }
  }

 private:
  struct Worker {
    int socket = -1;
    std::size_t first = 0;
    std::optional<parlab::ChildProcess> process;
  };
  std::array<Worker, 2> workers_;
};

void map_by_bare_pool(benchmark::State& state) {
  BarePool pool;
  const std::vector<std::int64_t> items = numbers(tasks);
  std::vector<std::int64_t> results(items.size());
  for (auto _ : state) {
    pool.map(items, static_cast<std::size_t>(state.range(0)), results);
    if (results.back() != tasks) state.SkipWithError("wrong results");
  }
  state.SetItemsProcessed(state.iterations() * tasks);
}
BENCHMARK(map_by_bare_pool)->Name("pool/bare_seqpacket")->Apply(by_chunk_size);

}  // namespace
