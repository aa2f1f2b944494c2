#include "experiments/sharing/overhead/bare_pool.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "kernels/posix/sockets.hpp"

namespace parlab {
namespace {

[[noreturn]] void throw_gone() { throw std::runtime_error("a worker of a bare pool is gone"); }

void serve(int socket, BarePool::Function function) {
  std::array<std::uint64_t, BarePool::largest_chunk> chunk{};
  for (ssize_t size = 0; (size = recv(socket, chunk.data(), sizeof chunk, 0)) > 0;) {
    const auto bytes = static_cast<std::size_t>(size);
    for (std::size_t i = 0; i < bytes / sizeof chunk[0]; ++i) chunk[i] = function(chunk[i]);
    if (send(socket, chunk.data(), bytes, MSG_NOSIGNAL) < 0) return;
  }
}

}  // namespace

BarePool::BarePool(Function function) {
  for (Worker& worker : workers_) start(worker, function);
}

void BarePool::start(Worker& worker, Function function) {
  SocketPair ends = make_socket_pair(SOCK_SEQPACKET, "make a socket pair");
  worker.socket = std::move(ends.here);
  worker.process.emplace(ChildProcess::fork([&] {
    for (Worker& other : workers_) other.socket.reset();  // or none would see the pool's end
    serve(ends.there.get(), function);
  }));
}

void BarePool::map(const std::vector<std::uint64_t>& items, std::size_t chunksize,
                   std::vector<std::uint64_t>& results) {
  std::size_t next = 0;
  std::size_t under_way = 0;
  const auto give = [&](Worker& worker) {
    if (next >= items.size()) return;
    worker.first = next;
    const std::size_t count = std::min(chunksize, items.size() - next);
    if (send(worker.socket.get(), &items[next], count * sizeof items[0], MSG_NOSIGNAL) < 0)
      throw_gone();
    next += count;
    ++under_way;
  };
  for (Worker& worker : workers_) give(worker);
  while (under_way > 0) {
    std::array<pollfd, workers> watched{};
    for (std::size_t i = 0; i < workers; ++i)
      watched[i] = {workers_[i].socket.get(), POLLIN, 0};  // NOLINT: both have as many
    poll(watched.data(), watched.size(), -1);
    for (std::size_t i = 0; i < workers; ++i) {
      if (watched[i].revents == 0) continue;
      Worker& worker = workers_[i];
      const std::size_t room = results.size() - worker.first;
      if (recv(worker.socket.get(), &results[worker.first],
               std::min(chunksize, room) * sizeof results[0], 0) <= 0)
        throw_gone();
      --under_way;
      give(worker);
    }
  }
}

RingPool::RingPool(BarePool::Function function) {
  for (Worker& worker : workers_)
    worker.process.emplace(ChildProcess::fork([&] {
      for (std::uint64_t item = 0;;) {
        while (!worker.items.try_get(item)) sched_yield();
        const std::uint64_t result = function(item);
        while (!worker.results.try_put(result)) sched_yield();
      }
    }));
}

void RingPool::map(const std::vector<std::uint64_t>& items, std::vector<std::uint64_t>& results) {
  std::array<std::size_t, BarePool::workers> put{};
  std::array<std::size_t, BarePool::workers> got{};
  for (std::size_t left = items.size(); left > 0;) {
    const std::size_t before = left;
    for (std::size_t w = 0; w < workers_.size(); ++w) {
      const auto place = [&](std::size_t count) { return count * workers_.size() + w; };
      while (place(put[w]) < items.size() && workers_[w].items.try_put(items[place(put[w])]))
        ++put[w];
      while (place(got[w]) < items.size() && workers_[w].results.try_get(results[place(got[w])]))
        ++got[w], --left;
    }
    if (left == before) sched_yield();
  }
}

}  // namespace parlab
