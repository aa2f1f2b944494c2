#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/manager/manager.hpp"
using namespace parlab;

int main() {
  Manager manager;
  ManagedCounter rounds = manager.counter();
  ManagedBarrier barrier = manager.barrier(2, {.action = [&] { rounds.add(1); }});
  ChildProcess child = ChildProcess::fork([&] {
    for (int round = 0; round < 3; ++round) barrier.wait();
  });
  for (int round = 0; round < 3; ++round)
    barrier.wait(std::chrono::seconds(10));  // BrokenBarrier where the other does not come
  return rounds.get() == 3 && child.wait().success() ? 0 : 1;
}
