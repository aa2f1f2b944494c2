#include <mutex>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/manager/manager.hpp"
using namespace parlab;

int main() {
  Manager manager;
  ManagedCondition changed = manager.condition();  // or on a lock: manager.condition(lock)
  ManagedValue stage = manager.value(0);
  ChildProcess child = ChildProcess::fork([&] {
    const std::scoped_lock hold(changed);
    changed.wait_for([&] { return stage.get() == 1; });  // lets go of the lock while it sleeps
    stage.set(2);
    changed.notify_all();
  });
  {
    const std::scoped_lock hold(changed);
    stage.set(1);
    changed.notify();
    changed.wait_for([&] { return stage.get() == 2; }, std::chrono::seconds(10));
  }
  return child.wait().success() && stage.get() == 2 ? 0 : 1;
}
