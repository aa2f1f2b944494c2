#include "kernels/sharing/manager/lock_proxies.hpp"

namespace parlab {

Acquired LockingProxy::acquire(Deadline deadline) const {
  const std::optional<ManagedData> abandoned = try_call("acquire", nullptr, deadline);
  if (!abandoned) return Acquired::no;
  return abandoned->get<bool>() ? Acquired::abandoned : Acquired::clean;
}

void LockingProxy::unlock() const noexcept { try_to_call("release"); }

bool ManagedCondition::wait(Deadline deadline) const {
  if (try_call("wait", nullptr, deadline)) return true;
  return call("resume").get<bool>();
}

bool ManagedCondition::wait_for(FunctionRef<bool()> holds, Deadline deadline) const {
  while (!holds())
    if (!wait(deadline)) return holds();
  return true;
}

}  // namespace parlab
