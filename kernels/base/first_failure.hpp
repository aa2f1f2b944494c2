#pragma once

// The first exception among workers that share memory: kept, and rethrown where they are joined.

#include <atomic>
#include <exception>

namespace parlab {

class FirstFailure {
 public:
  /// Calls work() unless a chunk has failed before; keeps what it throws if it is the first to.
  template <class Work>
  void guard(const Work& work) noexcept {
    if (failed()) return;
    try {
      work();
    } catch (...) {
      if (!claimed_.exchange(true, std::memory_order_acq_rel))
        exception_ = std::current_exception();
    }
  }

  /// Only a hint while workers run: one that does not see it yet computes a chunk in vain.
  bool failed() const noexcept { return claimed_.load(std::memory_order_relaxed); }

  /// To be called when all workers have been joined.
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::atomic<bool> claimed_ = false;
  std::exception_ptr exception_;
};

}  // namespace parlab
