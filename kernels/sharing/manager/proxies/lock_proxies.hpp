#pragma once

// ManagedLock, ManagedRLock, ManagedCondition.

#include <chrono>
#include <cstdint>

#include "kernels/base/function_ref.hpp"
#include "kernels/sharing/manager/proxies/manager_proxy.hpp"

namespace parlab {

enum class Acquired {
  no,         // the deadline came first
  clean,      // yes
  abandoned,  // yes, and whoever held it last died with it: check what it guards
};

/// What all locks have. A lock belongs to the thread that acquired it. Where that thread or its
/// process ends, the manager frees the lock and tells the next holder. A manager that dies takes
/// its locks along.
class LockingProxy : public Proxy {
 public:
  using Proxy::Proxy;
  Acquired acquire(Deadline deadline = {}) const;
  /// Throws ManagerError where this thread does not hold it.
  void release() const { call("release"); }
  bool locked() const { return call("locked"); }

  // As std::scoped_lock and std::unique_lock ask for it. lock() takes an abandoned lock as it is:
  // whoever wants to be told calls acquire().
  void lock() const { acquire(); }
  bool try_lock() const { return acquire(std::chrono::seconds(0)) != Acquired::no; }
  /// Never throws, because destructors call it: where the manager is gone, or this thread's
  /// connection to it, so is the lock. release() tells of a lock that this thread does not hold.
  void unlock() const noexcept;
};

/// acquire() throws ManagerError where this thread holds it already.
class ManagedLock : public LockingProxy {
 public:
  using LockingProxy::LockingProxy;
};

/// Its holder may acquire it again, and releases it as often.
class ManagedRLock : public LockingProxy {
 public:
  using LockingProxy::LockingProxy;
};

/// A lock, and a wait for what it guards to change.
class ManagedCondition : public LockingProxy {
 public:
  using LockingProxy::LockingProxy;

  /// Lets go of the lock, sleeps until a notify, takes the lock again; false at the deadline. The
  /// lock, an abandoned one too, is held afterwards in any case but ManagerDied. Throws
  /// ManagerError where this thread does not hold it.
  bool wait(Deadline deadline = {}) const;
  /// Waits until holds(), which is asked with the lock held; false at the deadline.
  bool wait_for(FunctionRef<bool()> holds, Deadline deadline = {}) const;

  /// Wakes so many of those who wait, those who came first. Where one dies before it has the lock,
  /// the next is woken instead. Throws ManagerError where this thread does not hold the lock.
  void notify(WholeNumber count = 1) const { call("notify", count.value()); }
  void notify_all() const { call("notify_all"); }
};

}  // namespace parlab
