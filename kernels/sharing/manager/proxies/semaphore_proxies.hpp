#pragma once

#include <chrono>
#include <cstdint>

#include "kernels/sharing/manager/proxies/manager_proxy.hpp"

namespace parlab {

/// Units that are taken and given back. A unit belongs to the thread that took it until one is
/// given back: by this thread, or by another that holds none, which gives it back for whoever has
/// held one longest. Where a holder ends its units are free again, but never more than there were
/// at first: what a semaphore that began at 0 has told of is not told of twice.
class ManagedSemaphore : public Proxy {
 public:
  using Proxy::Proxy;
  /// False at the deadline.
  bool acquire(Deadline deadline = {}) const {
    return call_bytes("acquire", {}, deadline).has_value();
  }
  void release(WholeNumber units = 1) const { call("release", units.value()); }
  /// How many may be taken; out of date when it returns.
  std::uint64_t value() const { return call("value"); }

  // As std::scoped_lock asks for it.
  void lock() const { acquire(); }
  bool try_lock() const { return acquire(std::chrono::seconds(0)); }
  /// Never throws, see LockingProxy.
  void unlock() const noexcept { try_to_call("release"); }
};

/// Never has more units than at first: release() throws ManagerError instead.
class ManagedBoundedSemaphore : public ManagedSemaphore {
 public:
  using ManagedSemaphore::ManagedSemaphore;
};

}  // namespace parlab
