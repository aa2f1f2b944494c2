// asio_pool: boost::asio::thread_pool, one posted function a chunk. A pool made for I/O handlers:
// one queue under one lock, an allocation a post. Threads are kept, and sleep between runs.
//
// They are ours, and join the pool by attach(): where the pool itself cannot start one, its
// constructor waits without end for those that it has started.

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/first_failure.hpp"
#include "kernels/base/thread_shortage.hpp"

namespace parlab {
namespace {

/// Sleeps until all chunks are done. A latch would spin and yield first: a thread that yields waits for
/// a processor all the while, and takes it from a worker.
class Countdown {
 public:
  explicit Countdown(std::uint64_t chunks) : left_(chunks), is_over_(chunks == 0) {}

  void count_down() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    over_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return is_over_; });
  }

 private:
  std::atomic<std::uint64_t> left_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_;
};

class AsioPool final : public Backend {
 public:
  explicit AsioPool(const BackendSpec& spec)
      : workers_(spec.workers), pool_(spec.workers == 1 ? 1 : 0) {
    if (workers_ == 1) return;  // the pool's own, which needs no wake-ups then
    threads_.reserve(static_cast<std::size_t>(workers_));
    try {
      for (int thread = 0; thread < workers_; ++thread)
        threads_.emplace_back([this] { pool_.attach(); });
    } catch (const std::system_error&) {
      const ThreadShortage shortage(static_cast<int>(threads_.size()) + 1, workers_);
      end();
      throw shortage;
    }
  }
  AsioPool(const AsioPool&) = delete;
  AsioPool& operator=(const AsioPool&) = delete;
  ~AsioPool() override { end(); }
  int workers() const override { return workers_; }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    FirstFailure failure;
    Countdown done(chunks);
    const auto compute = [&](std::uint64_t chunk) {
      failure.guard([&] { body(chunk, slots + chunk * slot_size); });
      done.count_down();
    };
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk)
      boost::asio::post(pool_, [&compute, chunk] { compute(chunk); });
    done.wait();
    failure.rethrow();
  }

  /// Nothing is left to be done when it is called: run() waits for all that it posts.
  void end() {
    pool_.stop();
    threads_.clear();  // joins
    pool_.join();
  }

  int workers_;
  boost::asio::thread_pool pool_;
  std::vector<std::jthread> threads_;
};

const RegisterBackend registered{{
    .name = "asio_pool",
    .what = "Boost.Asio thread_pool, one post a chunk",
    .schedules = {},
    .make = [](const BackendSpec& spec) { return std::make_unique<AsioPool>(spec); },
}};

}  // namespace
}  // namespace parlab
