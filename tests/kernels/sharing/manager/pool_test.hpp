#pragma once

// What the tests of managers' pools share: functions that workers call, and a look at the workers.

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {

inline int initialized = 0;

inline ManagerOptions pool_options() {
  ManagerOptions made;
  made.functions.add("square", [](std::int64_t x) { return x * x; })
      .add("add", [](double a, double b) { return a + b; })
      .add("same", [](const ManagedData& data) { return data; })
      .add("sum",
           [](const std::vector<int>& numbers) {
             return std::accumulate(numbers.begin(), numbers.end(), 0);
           })
      .add("byte", [](std::uint8_t x) { return x; })
      .add("nothing", [] {})
      .add("whole", [](std::int64_t x) { return x; })
      .add("natural", [](std::uint64_t x) { return x; })
      .add("single", [](float x) { return x; })
      .add("pid", [] { return getpid(); })
      .add("pid_later",
           [](int) {
             std::this_thread::sleep_for(std::chrono::milliseconds(20));
             return getpid();
           })
      .add("throw_at",
           [](int x, int at) {
             if (x == at) throw std::out_of_range("at " + std::to_string(x));
             return x;
           })
      .add("throw_three",
           [](int x) {
             if (x == 3) throw std::out_of_range("three");
             return x;
           })
      .add("die", [](int signal) { raise(signal); })
      .add("die_at_three",
           [](int x) {
             if (x == 3) raise(SIGKILL);
             return x;
           })
      .add("leave", [](int code) { std::exit(code); })  // NOLINT(concurrency-mt-unsafe)
      .add("sleep",
           [](double seconds) {
             std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
           })
      .add("stay",
           [] {
             signal(SIGTERM, SIG_IGN);
             for (;;) pause();
           })
      .add("close_all",
           [] {
             for (int fd = 3; fd < 10; ++fd) close(fd);
             pause();
           })
      .add("deep",
           [](int levels) {
             ManagedData value;
             for (int i = 0; i < levels; ++i) value = ManagedData::array({value});
             return value;
           })
      .add("call_back",
           [](const std::string& address, std::uint64_t counter) {
             const ManagerClient client = ManagerClient::connect(address);
             return ManagedCounter(client.hold(counter)).add(1);
           })
      .add("initialize", [] { initialized = 7; })
      .add("initialized", [] { return initialized; })
      .add("fail", [] { throw std::runtime_error("no licence"); })
      .add("crash", [] { raise(SIGABRT); });
  return made;
}

class ManagerPoolTest : public ManagerTest {
 protected:
  void SetUp() override {
    ManagerTest::SetUp();
    start(pool_options());
  }
  /// The workers that a pool has now, by their numbers. Tries again where one that was killed before is still there.
  static std::set<pid_t> pids(const ManagedPool& pool) {
    std::set<pid_t> found;
    EXPECT_TRUE(eventually([&] {
      // One chunk each, and long enough that none of them does two.
      const std::vector<int> items(pool.workers(), 0);
      found.clear();
      try {
        for (const ManagedData& worker : pool.map("pid_later", items, 1))
          found.insert(worker.get<pid_t>());
      } catch (const WorkerDied&) {
        return false;
      }
      return found.size() == pool.workers();
    }));
    return found;
  }
};

template <class Exception, class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace parlab
