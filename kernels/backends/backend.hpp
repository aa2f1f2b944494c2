#pragma once

// The seam between what is computed and who computes it. A kernel is a pure function on an
// IndexRange; a Backend runs one such function for every chunk of a Chunking on its workers.
//
// Partials come back in chunk order, whoever computed them and whenever, and are folded in that
// order. So a result depends on the range and the grain alone: every backend, schedule and worker
// count gives the same bits, floating point included.
//
// Cost: one virtual call a run, one indirect call a chunk. Memory: one slot a chunk, but never more
// than `window` of them at once, so a range of 10^12 indices folds in constant memory.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "kernels/backends/fold_keeper.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/base/index_range.hpp"

namespace parlab {

/// A value that may cross from one process to another as bytes.
template <class T>
concept Partial = std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>;

/// What a backend does for each chunk: compute chunk number `chunk`, write its result to `slot`.
/// `slot` has the size given to Backend::run and is suitably aligned for it; it is null for size 0.
using ChunkBody = FunctionRef<void(std::uint64_t chunk, std::byte* slot)>;

/// Chunks that are handed out, and partials that are held, at once: enough that the pause between
/// two windows is lost in the work, few enough that the slots stay in the cache.
inline constexpr std::uint64_t window = 1 << 16;

/// How workers that share no memory tell each other what they have found. Ends with the search.
class SearchNews {
 public:
  virtual ~SearchNews() = default;
  /// To all others, by what they have given to Backend::listen_to_search().
  virtual void tell(std::uint64_t hit) = 0;
};

/// What the caller sees of what workers write while they compute.
enum class SharedMemory {
  all,       // workers are threads
  mappings,  // workers are forked for each run: mappings that they share with the caller
  none,      // workers are other processes
};

class Backend {
 public:
  virtual ~Backend() = default;

  /// Workers that compute at the same time, the calling thread included where it computes too.
  virtual int workers() const = 0;

  /// Calls work(IndexRange) once for every chunk; returns the results in chunk order.
  /// An exception from a chunk is rethrown here: as it was thrown, except where it crossed a
  /// process, then as ChunkFailed with the same message. Chunks not yet begun are then left out.
  template <class Work>
  auto map_chunks(const Chunking& chunking, const Work& work)
      -> std::vector<std::invoke_result_t<const Work&, IndexRange>> {
    using T = std::invoke_result_t<const Work&, IndexRange>;
    static_assert(!std::same_as<T, bool>, "std::vector<bool> has no slots: return a char");
    std::vector<T> partials(chunking.chunks());
    map_window(chunking, 0, chunking.chunks(), work, partials.data());
    return partials;
  }

  /// Calls work(IndexRange) once for every chunk, for its side effects. On a backend whose workers
  /// are processes only writes to shared memory are seen by the caller.
  template <class Work>
  void for_chunks(const Chunking& chunking, const Work& work) {
    for (std::uint64_t first = 0; first < chunking.chunks();) {
      const std::uint64_t count = std::min(window, chunking.chunks() - first);
      run_from(first, count, nullptr, 0,
               [&](std::uint64_t chunk, std::byte*) { work(chunking[first + chunk]); });
      first += count;
    }
  }

  /// As map_chunks for chunks [first, first + count) only, into partials[0, count).
  template <class Work, Partial T = std::invoke_result_t<const Work&, IndexRange>>
  void map_window(const Chunking& chunking, std::uint64_t first, std::uint64_t count,
                  const Work& work, T* partials) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    const auto body = [&](std::uint64_t chunk, std::byte* slot) {
      std::construct_at(reinterpret_cast<T*>(slot), work(chunking[first + chunk]));
    };
    run_from(first, count, reinterpret_cast<std::byte*>(partials), sizeof(T), body);
  }

  /// Before a search: `on_hit` is called, in any thread, for what another worker has found. Null
  /// where workers share memory, in which they see it.
  virtual std::unique_ptr<SearchNews> listen_to_search(std::function<void(std::uint64_t)>) {
    return nullptr;
  }

  /// Who makes folds on this backend in pieces; null: each is made at once.
  FoldKeeper* keeper() const { return keeper_; }
  /// It must outlive the backend.
  void set_keeper(FoldKeeper* keeper) { keeper_ = keeper; }

  SharedMemory shared_memory() const { return shared_memory_; }
  void set_shared_memory(SharedMemory shared) { shared_memory_ = shared; }

  /// run() below, for a backend that stands before another one.
  void run_chunks(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) {
    run(chunks, slots, slot_size, body);
  }

 private:
  /// run() for chunks that are numbered from `first` on, so that a failure names the right one.
  void run_from(std::uint64_t first, std::uint64_t count, std::byte* slots, std::size_t slot_size,
                ChunkBody body) {
    try {
      run(count, slots, slot_size, body);
    } catch (const WorkerFailed& failed) {
      if (first == 0 || !failed.chunk()) throw;
      throw WorkerFailed(first + *failed.chunk(), failed.cause());
    }
  }

  /// Calls body(i, slots + i * slot_size) once for every i in [0, chunks), on workers() workers,
  /// and returns when all are done. The seam every backend implements.
  virtual void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size,
                   ChunkBody body) = 0;

  FoldKeeper* keeper_ = nullptr;
  SharedMemory shared_memory_ = SharedMemory::all;
};

/// join(...join(join(identity, map(chunk 0)), map(chunk 1))..., map(last chunk)): a left fold in
/// chunk order. join need be neither commutative nor associative for the result to be the same
/// on every backend. Where the backend has a keeper, this makes the next piece of the fold, and returns
/// what it has come to: resume(that) is called before, with what earlier pieces came to.
template <Partial T, class Map, class Join, class Resume>
T map_reduce(Backend& backend, const Chunking& chunking, T identity, const Map& map,
             const Join& join, const Resume& resume) {
  IndexRange chunks{0, chunking.chunks()};
  T result = identity;
  const auto bytes_of = [](T& kept) {
    return FoldState{{std::as_writable_bytes(std::span(&kept, 1))}};
  };
  if (FoldKeeper* const keeper = backend.keeper()) {
    T kept = identity;
    chunks = keeper->begin(chunks.end, bytes_of(kept));
    resume(kept);
    result = kept;
  }
  const auto partials = std::make_unique<T[]>(std::min(chunks.size(), window));
  for (std::uint64_t first = chunks.begin; first < chunks.end;) {
    const std::uint64_t count = std::min(window, chunks.end - first);
    backend.map_window(chunking, first, count, map, partials.get());
    for (std::uint64_t i = 0; i < count; ++i) result = join(result, partials[i]);
    first += count;
  }
  if (FoldKeeper* const keeper = backend.keeper()) {
    T kept = result;
    keeper->end(bytes_of(kept));
  }
  return result;
}

/// The same, where earlier pieces are of no concern.
template <Partial T, class Map, class Join>
T map_reduce(Backend& backend, const Chunking& chunking, T identity, const Map& map,
             const Join& join) {
  return map_reduce(backend, chunking, identity, map, join, [](const T&) {});
}

}  // namespace parlab
