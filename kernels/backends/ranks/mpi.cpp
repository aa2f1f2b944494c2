// mpi: a run spreads over ranks, which share no memory. All of them make the same run (ranks.hpp),
// each computes chunks, and the partials go to all: so each folds the same, and goes on alike.
// static: a contiguous share each; dynamic: the next chunk by a counter that rank 0 holds and the
// others count up without it (one-sided).
//
// A chunk that writes to memory is refused: no other rank would see what it wrote.

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
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
  if (ranks->size() != workers)
    throw UsageError(fmt::format("mpi has {} ranks here, not {}", ranks->size(), workers));
  return *ranks;
}

class Mpi final : public Backend {
 public:
  explicit Mpi(const BackendSpec& spec)
      : ranks_(ranks_for(spec.workers)), dynamic_(spec.schedule == "dynamic") {}

  int workers() const override { return ranks_.size(); }

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
    const auto size = static_cast<std::uint64_t>(ranks_.size());
    std::vector<std::uint64_t> counts;
    for (std::uint64_t rank = 0; rank < size; ++rank)
      counts.push_back(static_share(chunks, size, rank).size());
    const IndexRange share = static_share(chunks, size, static_cast<std::uint64_t>(ranks_.rank()));
    compute([&](RankInbox& inbox) {
      for (std::uint64_t chunk = share.begin; chunk < share.end; ++chunk) {
        if (inbox.has_failed(runs)) return;
        body(chunk, slots + chunk * slot_size);
      }
    });
    ranks_.gather_items(slots, slot_size, counts);
  }

  void run_dynamic(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) {
    const std::uint64_t number = ++dynamic_runs;
    std::vector<std::uint64_t> computed;
    compute([&](RankInbox& inbox) {
      for (;;) {
        const std::uint64_t chunk = ranks_.next_ticket(number);  // one at least (next_ticket())
        if (chunk >= chunks || inbox.has_failed(runs)) return;
        body(chunk, slots + chunk * slot_size);
        computed.push_back(chunk);
      }
    });
    send_computed(computed, slots, slot_size);
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
  bool dynamic_;
};

const RegisterBackend registered{{
    .name = "mpi",
    .what = "MPI ranks on this machine, which parlab starts; all and each leave it out",
    .schedules = {"static", "dynamic"},
    .by_name_only = true,
    .shares_memory = false,
    .make = [](const BackendSpec& spec) { return std::make_unique<Mpi>(spec); },
}};

}  // namespace
}  // namespace parlab
