#include "kernels/sharing/sync/condition.hpp"

#include <mutex>

#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/process.hpp"

using namespace parlab;

int main() {
  Condition changed;
  RawValue<int> stage(0);
  Event go;
  Semaphore two_at_once(2);
  Barrier both(2);
  Process worker([&] {
    go.wait();
    two_at_once.acquire();
    both.wait();
    const std::lock_guard hold(changed.lock());
    stage.store(1);
    changed.notify_all();
  });
  worker.start();
  go.set();
  both.wait();
  const std::lock_guard hold(changed.lock());
  changed.wait_for([&] { return stage.load() == 1; });
  return two_at_once.value() == 1 ? 0 : 1;
}
