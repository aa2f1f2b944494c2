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
  RecursiveMutex lock;
  std::set<ClientConnection*> connections PARLAB_GUARDED_BY(lock);

  Registry() {
    pthread_atfork([]() PARLAB_UNCHECKED { registry().lock.lock(); },
                   []() PARLAB_UNCHECKED { registry().lock.unlock(); },
                   []() PARLAB_UNCHECKED {
                     forks.fetch_add(1, std::memory_order_relaxed);
                     for (ClientConnection* one : registry().connections) one->abandon();
                     // A mutex remembers its owner as a thread that the child is not.
                     tell_unlocked(registry().lock.native_handle());
                     new (&registry().lock) RecursiveMutex;
                   });
  }
  static Registry& registry() {
    static Registry& only = *new Registry;
    return only;
  }
};

}  // namespace

std::uint64_t generation() { return forks.load(std::memory_order_relaxed); }

RecursiveMutex& lock() { return Registry::registry().lock; }

void add(ClientConnection& connection) {
  Registry& registry = Registry::registry();
  const RecursiveMutexLock held(registry.lock);
  registry.connections.insert(&connection);
}

void remove(ClientConnection& connection) {
  Registry& registry = Registry::registry();
  const RecursiveMutexLock held(registry.lock);
  registry.connections.erase(&connection);
}

}  // namespace parlab::client_processes
