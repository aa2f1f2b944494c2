#include "kernels/sharing/queues/queue.hpp"

#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  Queue<std::optional<int>> jobs(100);  // put() waits while 100 are in it
  SimpleQueue<int> sums;
  Process worker([&] {
    int sum = 0;
    while (const std::optional<int> job = jobs.get()) sum += *job;
    sums.put(sum);
  });
  worker.start();
  for (int i = 1; i <= 1000; ++i) jobs.put(i);
  jobs.put(std::nullopt);  // a pill for each consumer
  return sums.get() == 500500 ? 0 : 1;
}
