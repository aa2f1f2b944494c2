#include "kernels/sharing/manager/client/client_processes.hpp"

#include <pthread.h>

#include <atomic>
#include <new>
#include <set>

#include "kernels/base/sanitizers.hpp"
#include "kernels/sharing/manager/client/client_connection.hpp"

namespace parlab::client_processes {
namespace {

std::atomic<std::uint64_t> forks = 0;

/// Never destroyed: threads may end, and give up connections, after main has.
struct Registry {
  std::recursive_mutex lock;
  std::set<ClientConnection*> connections;

  Registry() {
    pthread_atfork([] { registry().lock.lock(); }, [] { registry().lock.unlock(); },
                   [] {
                     forks.fetch_add(1, std::memory_order_relaxed);
                     for (ClientConnection* one : registry().connections) one->abandon();
                     // A mutex remembers its owner as a thread that the child is not.
                     tell_unlocked(registry().lock.native_handle());
                     new (&registry().lock) std::recursive_mutex;
                   });
  }
  static Registry& registry() {
    static Registry& only = *new Registry;
    return only;
  }
};

}  // namespace

std::uint64_t generation() { return forks.load(std::memory_order_relaxed); }

std::recursive_mutex& lock() { return Registry::registry().lock; }

void add(ClientConnection& connection) {
  const std::scoped_lock held(lock());
  Registry::registry().connections.insert(&connection);
}

void remove(ClientConnection& connection) {
  const std::scoped_lock held(lock());
  Registry::registry().connections.erase(&connection);
}

}  // namespace parlab::client_processes
