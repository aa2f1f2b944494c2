// asio_pool: boost::asio::thread_pool, one posted function a chunk. A pool made for I/O handlers:
// one queue under one lock, an allocation a post. Threads are kept, and sleep between runs.

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <latch>

#include "kernels/backend_registry.hpp"
#include "kernels/first_failure.hpp"

namespace parlab {
namespace {

class AsioPool final : public Backend {
 public:
  explicit AsioPool(const BackendSpec& spec)
      : workers_(spec.workers), pool_(static_cast<std::size_t>(spec.workers)) {}
  AsioPool(const AsioPool&) = delete;
  AsioPool& operator=(const AsioPool&) = delete;
  ~AsioPool() override { pool_.join(); }
  int workers() const override { return workers_; }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    FirstFailure failure;
    std::latch done(static_cast<std::ptrdiff_t>(chunks));
    const auto compute = [&](std::uint64_t chunk) {
      failure.guard([&] { body(chunk, slots + chunk * slot_size); });
      done.count_down();
    };
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk)
      boost::asio::post(pool_, [&compute, chunk] { compute(chunk); });
    done.wait();
    failure.rethrow();
  }

  int workers_;
  boost::asio::thread_pool pool_;
};

const RegisterBackend registered{{
    .name = "asio_pool",
    .what = "Boost.Asio thread_pool, one post a chunk",
    .schedules = {},
    .make = [](const BackendSpec& spec) { return std::make_unique<AsioPool>(spec); },
}};

}  // namespace
}  // namespace parlab
