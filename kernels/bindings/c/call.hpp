#pragma once

// The inside of a call of parlab.h: exceptions become a status and a message, and a backend becomes
// a handle that one call holds at a time and another thread may interrupt.

#include <atomic>
#include <cstdint>
#include <memory>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/bindings/c/parlab.h"
#include "kernels/parallel/grain.hpp"
#include "kernels/posix/mutex.hpp"
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

  /// The grain asked for, or where that is 0 the automatic one for `size` indices.
  std::uint64_t grain_for(std::uint64_t asked, std::uint64_t size,
                          const parlab::GrainLimits& limits) const;

  /// Throws where the call was interrupted. Each chunk of a backend that run() gives begins with it.
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
  parlab::Mutex running_;       // held for as long as a call
};
