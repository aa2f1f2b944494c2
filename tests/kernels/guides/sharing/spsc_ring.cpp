#include "kernels/sharing/queues/spsc_ring.hpp"

#include <sched.h>

#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  SpscRing<long> ring(1024);
  Process producer([&] {
    for (long i = 0; i < 1000; ++i)
      while (!ring.try_put(i)) sched_yield();
  });
  producer.start();
  long sum = 0;
  for (long i = 0, item = 0; i < 1000; sum += item, ++i)
    while (!ring.try_get(item)) sched_yield();
  return sum == 499500 ? 0 : 1;
}
