#include "kernels/sharing/sync/lock.hpp"

#include <csignal>
#include <mutex>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  Lock lock;  // RLock: its holder may take it again
  Process worker([&] {
    const std::lock_guard hold(lock);
    std::raise(SIGKILL);
  });
  worker.start();
  worker.join();
  try {
    lock.acquire();  // acquire(100ms) gives up
  } catch (const Poisoned&) {
    lock.recover([] { /* repair what it guards */ });
  }
  return lock.try_lock() ? 0 : 1;
}
