#include <algorithm>
#include <chrono>
#include <mutex>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/manager/manager.hpp"
using namespace parlab;

int main() {
  Manager manager;  // starts the process; ends with this object
  ManagedValue best = manager.value(0);
  ManagedArray grid = manager.array({0, 0, 0});  // fixed size
  ManagedList list = manager.list({1, "two", 3.0});
  ManagedDict dict = manager.dict({{"key", 1}});
  ManagedNamespace names = manager.name_space();
  ManagedQueue jobs = manager.queue(100);  // bounded; 0: not
  ManagedLock lock = manager.lock();
  ManagedEvent done = manager.event();
  ManagedCounter hits = manager.counter();

  ChildProcess child = ChildProcess::fork([&] {  // proxies work in forked processes and threads
    while (std::optional<ManagedData> job = jobs.get(std::chrono::seconds(1))) {
      hits.add(1);                        // atomic in itself
      const std::scoped_lock hold(lock);  // what is several calls is not
      best.set(std::max(best.get().get<int>(), job->get<int>()));
    }
    done.set();
  });
  jobs.put(7);
  jobs.put_many({to_bytes(8), to_bytes(9)});  // one round trip for all
  done.wait();
  return best.get() == 9 && hits.get() == 3 ? 0 : 1;
}
