// mpi: a run spreads over ranks, which share no memory. All of them make the same run (ranks.hpp),
// each computes chunks, and the partials go to all: so each folds the same, and goes on alike.
// static: a contiguous share each; dynamic: the next chunk by a counter that rank 0 holds and the
// others count up without it (one-sided). mpi+openmp, mpi+tbb: each rank has threads of that
// backend, which divide its share, or take chunks from the counter each for itself.
//
// A chunk that writes to memory is refused: no other rank would see what it wrote.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/ranks/rank_hosts.hpp"
#include "kernels/backends/ranks/rank_inbox.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/backends/static_share.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// Numbers of runs, the same in all ranks, as all make the same.
std::uint64_t runs = 0, dynamic_runs = 0;

Ranks& ranks_for(int workers) {
  Ranks* const ranks = joined_ranks();
  if (ranks == nullptr)
    throw UsageError(
        "backend mpi needs the processes that `parlab run` and `parlab compare` start for it: use "
        "one of these, or another backend");
  const std::vector<int>& threads = rank_threads();
  if (const int all = std::accumulate(threads.begin(), threads.end(), 0); all != workers)
    throw UsageError(fmt::format("ranks have {} workers here, not {}", all, workers));
  return *ranks;
}

class Mpi final : public Backend {
 public:
  explicit Mpi(const BackendSpec& spec)
      : ranks_(ranks_for(spec.workers)),
        workers_(spec.workers),
        dynamic_(spec.schedule == "dynamic") {
    const std::string backend = threads_backend(spec.backend);
    const int own = rank_threads()[static_cast<std::size_t>(ranks_.rank())];
    if (!backend.empty())
      threads_ = make_backend({backend, parse_backend(backend).schedule, own});
    else if (std::ranges::any_of(rank_threads(), [](int threads) { return threads != 1; }))
      throw UsageError("ranks of mpi have one worker each");
  }

  int workers() const override { return workers_; }

  std::unique_ptr<SearchNews> listen_to_search(std::function<void(std::uint64_t)> on_hit) override {
    return RankInbox::of(ranks_).listen(std::move(on_hit));
  }

 private:
  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    if (slot_size == 0)
      throw UsageError(
          "ranks of mpi share no memory, and this kernel writes to some instead of returning a "
          "value: use another backend");
    if (chunks == 0) return;
    ++runs;
    if (dynamic_)
      run_dynamic(chunks, slots, slot_size, body);
    else
      run_static(chunks, slots, slot_size, body);
  }

  void run_static(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) {
    std::vector<IndexRange> shares;  // of the ranks: those of their workers, which are neighbours
    std::vector<std::uint64_t> counts;
    std::uint64_t worker = 0;
    const auto all = static_cast<std::uint64_t>(workers_);
    for (const int threads : rank_threads()) {
      const std::uint64_t end = worker + static_cast<std::uint64_t>(threads);
      shares.push_back(
          {static_share(chunks, all, worker).begin, static_share(chunks, all, end - 1).end});
      counts.push_back(shares.back().size());
      worker = end;
    }
    const IndexRange share = shares[static_cast<std::size_t>(ranks_.rank())];
    compute([&](RankInbox& inbox) {
      const auto one = [&](std::uint64_t i, std::byte* slot) {
        if (!inbox.has_failed(runs)) body(share.begin + i, slot);
      };
      in_threads(share.size(), slots + share.begin * slot_size, slot_size, one);
    });
    ranks_.gather_items(slots, slot_size, counts);
  }

  void run_dynamic(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) {
    const std::uint64_t number = ++dynamic_runs;
    std::mutex mutex;
    std::vector<std::uint64_t> computed;
    std::atomic<bool> has_failed_here = false;  // in another thread
    compute([&](RankInbox& inbox) {
      const auto take_chunks = [&](std::uint64_t, std::byte*) {
        std::vector<std::uint64_t> own;
        for (;;) {
          const std::uint64_t chunk = ranks_.next_ticket(number);  // one at least (next_ticket())
          if (chunk >= chunks || has_failed_here || inbox.has_failed(runs)) break;
          try {
            body(chunk, slots + chunk * slot_size);
          } catch (...) {
            has_failed_here = true;
            throw;
          }
          own.push_back(chunk);
        }
        const std::scoped_lock one(mutex);
        computed.insert(computed.end(), own.begin(), own.end());
      };
      const int own = rank_threads()[static_cast<std::size_t>(ranks_.rank())];
      in_threads(static_cast<std::uint64_t>(own), nullptr, 0, take_chunks);
    });
    send_computed(computed, slots, slot_size);
  }

  /// On the workers of this rank.
  void in_threads(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) {
    if (threads_ != nullptr) {
      threads_->run_chunks(chunks, slots, slot_size, body);
      return;
    }
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) body(chunk, slots + chunk * slot_size);
  }

  /// Each chunk's number with its partial, from whoever computed it.
  void send_computed(const std::vector<std::uint64_t>& computed, std::byte* slots,
                     std::size_t slot_size) {
    const std::vector<std::uint64_t> counts = ranks_.gather(computed.size());
    std::uint64_t all = 0, before = 0;
    for (int rank = 0; rank < ranks_.size(); ++rank) {
      if (rank == ranks_.rank()) before = all;
      all += counts[static_cast<std::size_t>(rank)];
    }
    const std::size_t item_bytes = sizeof(std::uint64_t) + slot_size;
    std::vector<std::byte> items(all * item_bytes);
    std::byte* item = items.data() + before * item_bytes;
    for (const std::uint64_t chunk : computed) {
      std::memcpy(item, &chunk, sizeof(chunk));
      std::memcpy(item + sizeof(chunk), slots + chunk * slot_size, slot_size);
      item += item_bytes;
    }
    ranks_.gather_items(items.data(), item_bytes, counts);
    for (std::uint64_t i = 0; i < all; ++i) {
      std::uint64_t chunk = 0;
      std::memcpy(&chunk, items.data() + i * item_bytes, sizeof(chunk));
      std::memcpy(slots + chunk * slot_size, items.data() + i * item_bytes + sizeof(chunk),
                  slot_size);
    }
  }

  /// The chunks of this rank; what one throws, here or elsewhere, is thrown in all ranks.
  template <class Work>
  void compute(const Work& work) {
    RankInbox& inbox = RankInbox::of(ranks_);
    std::optional<std::string> failure;
    try {
      work(inbox);
    } catch (const std::exception& error) {
      failure = error.what();
    } catch (...) {
      failure = "an exception that is not a std::exception";
    }
    if (failure) ranks_.tell({RankNews::failure, runs, 0});
    agree(ranks_, failure ? &*failure : nullptr);
  }

  Ranks& ranks_;
  int workers_;  // of all ranks
  bool dynamic_;
  std::unique_ptr<Backend> threads_;  // of this rank; null: it has one worker
};

BackendEntry entry(const char* name, const char* what) {
  return {
      .name = name,
      .what = what,
      .schedules = {"static", "dynamic"},
      .by_name_only = true,
      .shared_memory = SharedMemory::none,
      .make = [](const BackendSpec& spec) { return std::make_unique<Mpi>(spec); },
  };
}

const RegisterBackend ranks_alone(
    entry("mpi", "MPI ranks, here or on --hosts, which parlab starts; all and each leave it out"));
#ifdef PARLAB_HAS_OPENMP
const RegisterBackend ranks_of_openmp(
    entry("mpi+openmp", "MPI ranks of OpenMP threads: the workers of a host are in one (--ranks)"));
#endif
#ifdef PARLAB_HAS_TBB
const RegisterBackend ranks_of_tbb(
    entry("mpi+tbb", "MPI ranks of oneTBB threads: the workers of a host are in one (--ranks)"));
#endif

}  // namespace
}  // namespace parlab
