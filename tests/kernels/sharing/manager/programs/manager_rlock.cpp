#include <mutex>

#include "kernels/sharing/manager.hpp"
using namespace parlab;

int main() {
  Manager manager;
  ManagedRLock lock = manager.rlock();
  const std::scoped_lock hold(lock);
  const std::scoped_lock again(lock);  // its holder may; a ManagedLock throws
  return lock.locked() ? 0 : 1;
}
