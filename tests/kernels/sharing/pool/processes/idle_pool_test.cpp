// What the processes of a pool do where there is nothing to do, or where one of them is stopped.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kernels/sharing/pool/pool.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;

class IdlePoolTest : public SharingTest {};

int slow_number_of_worker(int) {
  usleep(1000);
  return getpid();
}

/// All workers of a pool.
std::set<int> workers_of(Pool& pool) {
  std::set<int> workers;
  while (workers.size() < static_cast<std::size_t>(pool.workers()))
    for (const int pid : pool.map(slow_number_of_worker, std::vector<int>(10), 1))
      workers.insert(pid);
  return workers;
}

/// How often a process went to sleep.
long sleeps_of(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("voluntary_ctxt_switches:")) return std::stol(line.substr(25));
  return -1;
}

TEST_F(IdlePoolTest, SleepsWithoutWakingNowAndThen) {
  Pool pool(3);
  std::set<int> processes = workers_of(pool);
  processes.insert(pool.apply([] { return getppid(); }));  // the fork server
  for (const int pid : processes) {
    EXPECT_TRUE(eventually([&] { return is_asleep(pid); }));
    // Until it has looked in vain: a sleep is one switch, and a worker that looks is asleep for none.
    EXPECT_TRUE(eventually([&] {
      const long before = sleeps_of(pid);
      std::this_thread::sleep_for(300ms);
      return before >= 0 && is_asleep(pid) && sleeps_of(pid) == before;
    }));
  }
}

TEST_F(IdlePoolTest, WorksThoughOneOfItsWorkersIsStopped) {
  Pool pool(2);
  const std::set<int> workers = workers_of(pool);
  for (const int stopped : workers)
    for (const int count : {1, 2, 500}) {
      EXPECT_TRUE(eventually([&] { return is_asleep(stopped); }));
      kill(stopped, SIGSTOP);
      for (const int pid : pool.map([](int) { return getpid(); },
                                    std::vector<int>(static_cast<std::size_t>(count)), 1))
        EXPECT_NE(pid, stopped);
      kill(stopped, SIGCONT);
    }
}

}  // namespace
}  // namespace parlab
