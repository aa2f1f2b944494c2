#pragma once

// Value and Array: values in shared memory, each with its lock.
//
//   Value<Totals> totals({});                                   // before the processes are forked
//   totals.update([](Totals& t) { t.count += 1; });             // under the lock
//   { const std::lock_guard hold(totals.lock()); totals.ref().count += 1; }   // the same
//
// `v.ref() += 1` without the lock loses updates, as anywhere.

#include <functional>
#include <mutex>
#include <span>
#include <utility>

#include "kernels/base/text/exactly.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/messages/crossing.hpp"
#include "kernels/sharing/sync/lock.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

/// One value of any trivially copyable type. A number that T cannot hold is refused (exactly.hpp).
template <class T>
class Value {
 public:
  explicit Value(Argument<T> value = T()) : value_(0, static_cast<T>(value)) {
    require_that_it_crosses_processes<T>();
  }
  /// `recover` gets the value that a killed owner of the lock may have left half written.
  Value(Argument<T> value, const std::function<void(T&)>& recover)
      : value_(0, static_cast<T>(value)), lock_([recover, value = &*value_] { recover(*value); }) {
    require_that_it_crosses_processes<T>();
  }

  /// Under the lock. All three throw Poisoned where its last owner died.
  T get() {
    const std::lock_guard hold(lock_);
    return *value_;
  }
  void set(const Argument<T>& value) {
    const std::lock_guard hold(lock_);
    *value_ = value;
  }
  /// Calls change(T&) under the lock and returns what it returns.
  template <class Change>
  decltype(auto) update(Change&& change) {
    const std::lock_guard hold(lock_);
    return std::forward<Change>(change)(*value_);
  }

  /// For several steps under one hold: lock() first, then ref().
  Lock& lock() { return lock_; }
  T& ref() { return *value_; }

 private:
  SharedObject<T> value_;
  Lock lock_;
};

/// `size` values, zero at first, and one lock for all.
template <class T>
class Array : public RawArray<T> {
 public:
  using RawArray<T>::RawArray;

  /// Calls change(std::span<T>) under the lock and returns what it returns.
  template <class Change>
  decltype(auto) update(Change&& change) {
    const std::lock_guard hold(lock_);
    return std::forward<Change>(change)(this->view());
  }
  Lock& lock() { return lock_; }

 private:
  Lock lock_;
};

}  // namespace parlab
