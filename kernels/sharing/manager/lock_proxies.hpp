#pragma once

#include <chrono>

#include "kernels/sharing/manager/proxy.hpp"

namespace parlab {

enum class Acquired {
  no,         // the deadline came first
  clean,      // yes
  abandoned,  // yes, and whoever held it last died with it: check what it guards
};

/// Belongs to the thread that acquired it. Where that thread or its process ends, the manager frees
/// the lock and tells the next holder. A manager that dies takes its locks along.
class ManagedLock : public Proxy {
 public:
  using Proxy::Proxy;
  /// Throws ManagerError where this thread holds it already.
  Acquired acquire(Deadline deadline = {}) const;
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

}  // namespace parlab
