#include <stdexcept>

#include "kernels/sharing/condition.hpp"
#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  BoundedSemaphore licences(2);
  Process worker([&] {
    licences.acquire();
    licences.release();
    try {
      licences.release();  // a fault: a Semaphore would admit one more from here on
    } catch (const std::logic_error&) {
      return 0;
    }
    return 1;
  });
  worker.start();
  worker.join();
  return worker.exitcode() == 0 && licences.value() == 2 ? 0 : 1;
}
