#include "experiments/sharing/overhead/bare_pool.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

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
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot make a socket pair");
  worker.socket = FileDescriptor(ends[0]);
  const FileDescriptor there(ends[1]);
  worker.process.emplace(ChildProcess::fork([&] {
    for (Worker& other : workers_) other.socket.reset();  // or none would see the pool's end
    serve(there.get(), function);
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

}  // namespace parlab
