#include <mutex>

#include "kernels/sharing/manager.hpp"
using namespace parlab;

int main() {
  Manager manager;
  ManagedBoundedSemaphore licences = manager.bounded_semaphore(2);
  ManagedSemaphore ready = manager.semaphore(0);
  {
    const std::scoped_lock use(licences);  // one of two
    ready.release(3);                      // may grow; licences.release() would throw at last
  }
  int taken = 0;
  while (ready.acquire(std::chrono::milliseconds(10))) ++taken;
  return taken == 3 && licences.value() == 2 ? 0 : 1;
}
