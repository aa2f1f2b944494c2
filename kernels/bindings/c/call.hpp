#pragma once

// The inside of a call of parlab.h: exceptions become a status and a message, and a backend becomes
// a handle that one call holds at a time and another thread may interrupt.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/bindings/c/parlab.h"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {

/// Runs `work`; an exception becomes a status, with its message for parlab_last_error().
parlab_status guarded(FunctionRef<void()> work) noexcept;

/// Throws UsageError unless the pointer points somewhere.
template <class T>
T& required(T* pointer, const char* name);

[[noreturn]] void refuse_null(const char* name);

template <class T>
T& required(T* pointer, const char* name) {
  if (pointer == nullptr) refuse_null(name);
  return *pointer;
}

}  // namespace parlab

/// What a handle points to.
struct parlab_backend {
  parlab_backend(const char* name, std::int32_t workers);

  /// Calls work(backend) while no other call does. Throws UsageError in a forked process.
  void run(parlab::FunctionRef<void(parlab::Backend&)> work);

  /// A grain for `size` indices of which `most` take some 10 ms, so that an interruption is soon
  /// seen, and of which `least` are worth handing out; as asked for where it was.
  std::uint64_t grain_for(std::uint64_t asked, std::uint64_t size, std::uint64_t least,
                          std::uint64_t most) const;

  /// Called at the start of each chunk. Throws where the call was interrupted.
  void check() const;

  /// False after a fork, in the child. May be called from a signal handler.
  bool is_of_this_process() const;

  std::atomic<bool>& interrupted() const;
  int workers() const { return backend_->workers(); }
  /// Whether workers are processes, which write to the caller's memory only where it is shared.
  bool forks() const { return forks_; }

 private:
  parlab::SharedMapping flag_;  // seen by workers that are processes
  std::unique_ptr<parlab::Backend> backend_;
  bool forks_;
  std::uint32_t opened_after_;  // forks since the library was loaded
  std::mutex running_;
};
