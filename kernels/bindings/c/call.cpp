#include "kernels/bindings/c/call.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "kernels/base/errors.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/machine/usable_cores.hpp"
#include "kernels/posix/process/fork_count.hpp"

namespace parlab {
namespace {

class CallInterrupted : public std::runtime_error {
 public:
  CallInterrupted() : std::runtime_error("interrupted before it was done") {}
};

/// What parlab_last_error() says.
struct LastError {
  std::string message;
  bool lost = false;  // there was no memory for the message
};

LastError& last_error() {
  static thread_local LastError error;
  return error;
}

/// Keeps the message, in one line whatever a name in it holds.
parlab_status failed(parlab_status status, const char* message) noexcept {
  LastError& error = last_error();
  try {
    const bool silent = message == nullptr || *message == '\0';
    error.message = silent ? "failed: the exception gives no reason" : message;
    for (char& letter : error.message)
      if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f') letter = ' ';
    error.lost = false;
  } catch (...) {
    error.lost = true;
  }
  return status;
}

/// Delays pthread_cancel() until the call is over: glibc cancels by an unwinding that may not be
/// caught, and that would terminate the program in a noexcept function.
class NotCancelled {
 public:
  NotCancelled() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  NotCancelled(const NotCancelled&) = delete;
  NotCancelled& operator=(const NotCancelled&) = delete;
  ~NotCancelled() { pthread_setcancelstate(before_, nullptr); }

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

/// Process that opened the first backend whose threads a fork would lose; 0 for none yet.
std::atomic<int> threads_owner = 0;

void refuse_lost_threads(const std::string& backend) {
  if (backend != "openmp" && backend != "tbb" && backend != "stdpar") return;
  int owner = 0;
  const int self = getpid();
  if (threads_owner.compare_exchange_strong(owner, self) || owner == self) return;
  throw UsageError(fmt::format(
      "backend '{}' cannot be used in a process forked from one that used openmp, tbb or stdpar: "
      "its threads are gone; start processes with multiprocessing's 'spawn', or use threads",
      backend));
}

}  // namespace

parlab_status guarded(FunctionRef<void()> work) noexcept {
  const NotCancelled not_cancelled;
  try {
    work();
    return PARLAB_OK;
  } catch (const UsageError& error) {
    return failed(PARLAB_BAD_INPUT, error.what());
  } catch (const std::invalid_argument& error) {
    return failed(PARLAB_BAD_INPUT, error.what());
  } catch (const CallInterrupted& error) {
    return failed(PARLAB_INTERRUPTED, error.what());
  } catch (const std::bad_alloc&) {
    return failed(PARLAB_NO_MEMORY, "out of memory: free some, or compute less at once");
  } catch (const std::length_error&) {
    return failed(PARLAB_NO_MEMORY, "more memory requested than can exist: compute less at once");
  } catch (const OutOfRoom& error) {
    return failed(PARLAB_NO_MEMORY, error.what());
  } catch (const std::system_error& error) {
    const bool memory = error.code() == std::errc::not_enough_memory;
    return failed(memory ? PARLAB_NO_MEMORY : PARLAB_FAILED, error.what());
  } catch (const std::exception& error) {
    return failed(PARLAB_FAILED, error.what());
  } catch (...) {
    return failed(PARLAB_FAILED, "failed: something other than a standard exception was thrown");
  }
}

void refuse_null(const char* name) { throw UsageError(fmt::format("{} is NULL", name)); }

}  // namespace parlab

using parlab::UsageError;

namespace {

/// Another backend, whose chunks are left out once a call was interrupted.
class Interruptible final : public parlab::Backend {
 public:
  Interruptible(parlab::Backend& backend, const parlab_backend& handle)
      : backend_(backend), handle_(handle) {
    set_shared_memory(backend.shared_memory());
  }
  int workers() const override { return backend_.workers(); }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size,
           parlab::ChunkBody body) override {
    backend_.run_chunks(chunks, slots, slot_size, [&](std::uint64_t chunk, std::byte* slot) {
      handle_.check();
      body(chunk, slot);
    });
  }

  parlab::Backend& backend_;
  const parlab_backend& handle_;
};

}  // namespace

parlab_backend::parlab_backend(const char* name, std::int32_t workers)
    : flag_(sizeof(std::atomic<bool>)), opened_after_(parlab::forks_passed()) {
  // What is counted here, and started, is for all the processors that this thread may have.
  const parlab::UnboundFromOpenMP unbound;
  new (flag_.data()) std::atomic<bool>(false);
  parlab::BackendSpec spec = parlab::parse_backend(name);
  const auto& known = parlab::backends();
  const auto entry = std::ranges::find(known, spec.backend, &parlab::BackendEntry::name);
  spec.workers = workers != 0 ? workers : entry->parallel ? parlab::usable_cores() : 1;
  forks_ = spec.backend == "processes";
  parlab::refuse_lost_threads(spec.backend);
  backend_ = parlab::make_backend(spec);
}

void parlab_backend::run(parlab::FunctionRef<void(parlab::Backend&)> work) {
  if (!is_of_this_process())
    throw UsageError("the backend was opened in another process, before a fork; open one here");
  const parlab::MutexLock alone(running_);
  const parlab::UnboundFromOpenMP unbound;
  interrupted().store(false);
  Interruptible backend(*backend_, *this);
  try {
    work(backend);
  } catch (const parlab::ChunkFailed&) {
    check();  // an interruption that was seen in a worker process comes here as its message
    throw;
  }
}

std::uint64_t parlab_backend::grain_for(std::uint64_t asked, std::uint64_t size,
                                        const parlab::GrainLimits& limits) const {
  return asked != 0 ? asked : parlab::automatic_grain(size, workers(), limits);
}

void parlab_backend::check() const {
  if (interrupted().load(std::memory_order_relaxed)) throw parlab::CallInterrupted();
}

bool parlab_backend::is_of_this_process() const { return parlab::forks_passed() == opened_after_; }

std::atomic<bool>& parlab_backend::interrupted() const {
  return *reinterpret_cast<std::atomic<bool>*>(flag_.data());
}

extern "C" {

const char* parlab_last_error(void) {
  const parlab::LastError& error = parlab::last_error();
  return error.lost ? "failed, and there was no memory to say why" : error.message.c_str();
}

parlab_status parlab_backend_open(const char* name, int32_t workers, parlab_backend** backend) {
  return parlab::guarded([&] {
    parlab::required(name, "name");
    parlab::required(backend, "backend") = nullptr;
    parlab::check_simd_level_of_environment();
    *backend = new parlab_backend(name, workers);
  });
}

void parlab_backend_close(parlab_backend* backend) {
  // Threads that a fork did not take along cannot be joined: what they hold is left to the system.
  if (backend == nullptr || !backend->is_of_this_process()) return;
  const parlab::NotCancelled not_cancelled;  // workers are joined, a cancellation point
  const parlab::UnboundFromOpenMP unbound;   // the thread keeps its processors, whatever ends here
  delete backend;
}

int32_t parlab_backend_workers(const parlab_backend* backend) {
  return backend == nullptr ? 0 : backend->workers();
}

void parlab_backend_interrupt(parlab_backend* backend) {
  if (backend != nullptr && backend->is_of_this_process()) backend->interrupted().store(true);
}
}
