#pragma once

// One object in shared memory of its own, seen by every process that is forked afterwards.

#include <memory>
#include <new>
#include <utility>

#include "kernels/posix/shared_mapping.hpp"

namespace parlab {

/// Made in place; its destructor is never run, because other processes may still use it: the memory
/// goes with the last process. `extra` bytes follow it. Movable; the object stays where it is.
template <class T>
class SharedObject {
 public:
  template <class... Arguments>
  explicit SharedObject(std::size_t extra, Arguments&&... arguments)
      : memory_(std::make_unique<SharedMapping>(sizeof(T) + extra)),
        object_(new (memory_->data()) T(std::forward<Arguments>(arguments)...)) {}

  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  /// The bytes behind the object, zero at first.
  std::byte* extra() const { return memory_->data() + sizeof(T); }

  /// False after it was moved from.
  explicit operator bool() const { return memory_ != nullptr; }

  /// Never unmaps: for an object that holds a lock, whose owner's death must still be seen.
  void keep_mapped() { memory_->keep(); }

 private:
  std::unique_ptr<SharedMapping> memory_;
  T* object_;
};

}  // namespace parlab
