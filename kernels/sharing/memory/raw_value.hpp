#pragma once

// RawValue and RawArray: plain values in shared memory, without a lock.
//
//   RawValue<std::int64_t> count(0);       // before the processes are forked
//   count.store(count.load() + 1);         // an update of another process may be lost between
//   count.fetch_add(1);                    // no update is lost
//
// Cost: a load is one instruction.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "kernels/base/text/exactly.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "kernels/sharing/messages/crossing.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

/// One value that is read and written whole. Loads and stores are relaxed: they order nothing else.
/// A number that T cannot hold is refused (exactly.hpp).
template <class T>
class RawValue {
 public:
  explicit RawValue(Argument<T> value = T()) : value_(0, static_cast<T>(value)) {
    require_that_it_crosses_processes<T>();
    static_assert(std::atomic<T>::is_always_lock_free,
                  "a RawValue is read and written in one instruction, so at most 8 bytes: use "
                  "Value<T>, which has a lock");
  }

  T load() const { return value_->load(std::memory_order_relaxed); }
  void store(Argument<T> value) { value_->store(value, std::memory_order_relaxed); }
  /// Adds in one step and returns what was there before; wraps around as T does.
  T fetch_add(Exactly<T> more) requires std::is_integral_v<T> {
    return value_->fetch_add(more, std::memory_order_relaxed);
  }
  T fetch_sub(Exactly<T> less) requires std::is_integral_v<T> {
    return value_->fetch_sub(less, std::memory_order_relaxed);
  }
  /// For other orders and operations.
  std::atomic<T>& atomic() { return *value_; }

 private:
  SharedObject<std::atomic<T>> value_;
};

/// `size` values, zero at first, in the pages that each process touches. No lock and no order: who
/// writes what is for the caller to settle.
template <class T>
class RawArray {
 public:
  /// Throws OutOfRoom where no address space holds that many.
  explicit RawArray(Exactly<std::size_t> size)
      : size_(size), memory_(std::make_unique<SharedMapping>(bytes_of_elements(size, sizeof(T)))) {
    require_that_it_crosses_processes<T>();
  }

  std::size_t size() const { return size_; }
  T* data() const { return reinterpret_cast<T*>(memory_->data()); }
  T& operator[](std::size_t i) const { return data()[i]; }
  std::span<T> view() const { return {data(), size_}; }
  T* begin() const { return data(); }
  T* end() const { return data() + size_; }

 private:
  std::size_t size_;
  std::unique_ptr<SharedMapping> memory_;
};

}  // namespace parlab
