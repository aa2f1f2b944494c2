// processes: one forked process a worker for each run. Chunks are dealt out, and results come back,
// through one anonymous MAP_SHARED mapping; nothing is sent. The caller only waits. static: a
// contiguous share each; dynamic: the next chunk by a shared counter.
//
// The price is the fork, which copies the page tables: it grows with the memory that the caller has
// resident. What it buys: a worker that dies takes only its own process with it.

#include <fmt/format.h>
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/static_share.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/thread_shortage.hpp"
#include "kernels/machine/processors/worker_places.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {
namespace {

/// In the place of the chunk that a worker is at: it has not begun; its share is done.
constexpr std::uint64_t no_chunk = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t all_done = no_chunk - 1;

/// The head of the mapping; behind it the chunk each worker is at, then the slots.
struct Board {
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> stop = false;   // a chunk threw or a worker died: begin no more chunks
  std::atomic<bool> threw = false;  // the first to set it may write the message
  char message[4096] = {};          // bytes; longer ones are cut

  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

constexpr std::size_t aligned(std::size_t bytes) {
  constexpr std::size_t unit = alignof(std::max_align_t);
  return (bytes + unit - 1) / unit * unit;
}

class Processes final : public Backend {
 public:
  explicit Processes(const BackendSpec& spec)
      : workers_(spec.workers), dynamic_(spec.schedule == "dynamic") {}
  int workers() const override { return workers_; }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    if (chunks == 0) return;
    const std::size_t places_at = aligned(sizeof(Board));
    const std::size_t slots_at = places_at + aligned(workers_ * sizeof(std::atomic<std::uint64_t>));
    const SharedMapping shared(slots_at + chunks * slot_size);
    Board& board = *new (shared.data()) Board;
    auto* places = reinterpret_cast<std::atomic<std::uint64_t>*>(shared.data() + places_at);
    for (int worker = 0; worker < workers_; ++worker) new (&places[worker]) std::atomic(no_chunk);
    std::byte* shared_slots = shared.data() + slots_at;

    const auto compute = [&](int worker, std::uint64_t chunk) {
      places[worker].store(chunk, std::memory_order_relaxed);
      body(chunk, shared_slots + chunk * slot_size);
    };
    const auto take_chunks = [&](int worker) {
      const IndexRange share = static_share(chunks, workers_, worker);
      if (!dynamic_) {
        for (std::uint64_t chunk = share.begin; chunk < share.end; ++chunk) {
          if (board.stop.load(std::memory_order_relaxed)) return;
          compute(worker, chunk);
        }
        return;
      }
      while (!board.stop.load(std::memory_order_relaxed)) {
        const std::uint64_t chunk = board.next.fetch_add(1, std::memory_order_relaxed);
        if (chunk >= chunks) return;
        compute(worker, chunk);
      }
    };
    const auto work = [&](int worker) {
      const auto report = [&](std::string_view message) {
        if (!board.threw.exchange(true)) message.copy(board.message, sizeof(board.message) - 1);
        board.stop.store(true, std::memory_order_relaxed);
      };
      take_worker_place(worker);
      try {
        take_chunks(worker);
      } catch (const std::exception& error) {
        report(error.what());
      } catch (...) {
        report("an exception that is not a std::exception");
      }
      places[worker].store(all_done, std::memory_order_relaxed);
    };

    std::vector<ChildProcess> children;
    children.reserve(workers_);
    for (int worker = 0; worker < workers_; ++worker)
      children.push_back(start(worker, [&] { work(worker); }));
    const std::optional<WorkerFailed> death = join(children, board, places);
    if (death) throw *death;
    if (board.threw.load()) throw ChunkFailed(board.message);
    if (slot_size != 0) std::memcpy(slots, shared_slots, chunks * slot_size);
  }

  ChildProcess start(int worker, FunctionRef<void()> work) const {
    try {
      return ChildProcess::fork(work);
    } catch (const std::system_error& error) {
      throw std::runtime_error(fmt::format("cannot start process {} of {}: {}", worker + 1,
                                           workers_, why_no_process(error.code().value())));
    }
  }

  /// Waits for all; a death is seen when it happens, and stops the others at their next chunk.
  static std::optional<WorkerFailed> join(std::vector<ChildProcess>& children, Board& board,
                                          const std::atomic<std::uint64_t>* places) {
    std::optional<WorkerFailed> death;
    std::vector<pollfd> watched;
    for (const ChildProcess& child : children) watched.push_back({child.ended_fd(), POLLIN, 0});
    for (std::size_t alive = children.size(); alive > 0;) {
      if (poll(watched.data(), watched.size(), -1) < 0) {
        if (errno == EINTR) continue;
        throw std::system_error(errno, std::generic_category(), "cannot wait for the workers");
      }
      for (std::size_t worker = 0; worker < children.size(); ++worker) {
        if (watched[worker].revents == 0) continue;
        watched[worker] = {-1, 0, 0};  // poll passes over it
        --alive;
        const ExitStatus status = children[worker].wait();
        // Not by the status, which a program that reaps our children takes from us, and which says
        // success where a chunk calls exit(0).
        const std::uint64_t chunk = places[worker].load();
        if (chunk == all_done || death) continue;
        death.emplace(chunk < all_done ? std::optional(chunk) : std::nullopt, status.describe());
        board.stop.store(true, std::memory_order_relaxed);
      }
    }
    return death;
  }

  int workers_;
  bool dynamic_;
};

const RegisterBackend registered{{
    .name = "processes",
    .what = "fork for each run, results through shared memory",
    .schedules = {"static", "dynamic"},
    .shared_memory = SharedMemory::mappings,
    .make = [](const BackendSpec& spec) { return std::make_unique<Processes>(spec); },
}};

}  // namespace
}  // namespace parlab
