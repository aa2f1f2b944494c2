#pragma once

// Searches that are split over workers and end early: a worker that finds something tells the
// others, who look up from their work now and then. What tells them is theirs to choose, from one
// byte in shared memory to a server on another machine: whatever has set() and is_set().
//
// Workers that share no memory are told by their backend besides, which sets each one's own.
//
// The flag is only a hint. Hits travel as the partials of map_reduce do, so a flag that is seen
// late costs time, never the answer.

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>

#include "kernels/backends/backend.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {

/// Something that one worker sets and all see. set() may be called by several, and more than once.
template <class Flag>
concept SharedFlag = requires(Flag& flag) {
  flag.set();
  { flag.is_set() } -> std::convertible_to<bool>;
};

/// What a search returns that found nothing.
inline constexpr std::uint64_t not_found = std::numeric_limits<std::uint64_t>::max();

/// The lowest hit so far, in memory that all workers see, be they threads or processes. A plain
/// flag would not do for the first hit: it stops chunks below the hit as well as above.
class SharedMinimum {
 public:
  SharedMinimum() : memory_(sizeof(std::atomic<std::uint64_t>)) {
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
    std::construct_at(place(), not_found);
  }

  std::uint64_t get() const { return place()->load(std::memory_order_relaxed); }
  /// The number itself, for code that parlab does not compile.
  const void* shared() const { return place(); }
  void clear() { place()->store(not_found, std::memory_order_relaxed); }
  void lower_to(std::uint64_t value) {
    std::uint64_t seen = get();
    while (value < seen &&
           !place()->compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }

 private:
  std::atomic<std::uint64_t>* place() const {
    return reinterpret_cast<std::atomic<std::uint64_t>*>(memory_.data());
  }
  SharedMapping memory_;
};

/// Some hit of search(IndexRange, found), or not_found. search returns an index or not_found, and
/// gives up when it sees found.is_set(). Which hit it is may differ from run to run where there are
/// several. found must not be set before.
template <SharedFlag Flag, class Search>
std::uint64_t find_any(Backend& backend, const Chunking& chunking, Flag& found,
                       const Search& search) {
  const auto news = backend.listen_to_search([&found](std::uint64_t) { found.set(); });
  return map_reduce(
      backend, chunking, not_found,
      [&](IndexRange range) -> std::uint64_t {
        if (found.is_set()) return not_found;
        const std::uint64_t hit = search(range, found);
        if (hit == not_found) return hit;
        found.set();
        if (news) news->tell(hit);
        return hit;
      },
      [](std::uint64_t a, std::uint64_t b) { return a != not_found ? a : b; },
      [&](std::uint64_t hit) {
        if (hit != not_found) found.set();
      });
}

/// The lowest hit of search(IndexRange, lowest), or not_found: the same on every backend. search
/// returns the lowest index of its range, and may give up when lowest.get() is below the range.
/// `lowest` must be clear before.
template <class Search>
std::uint64_t find_first(Backend& backend, const Chunking& chunking, SharedMinimum& lowest,
                         const Search& search) {
  const auto news =
      backend.listen_to_search([&lowest](std::uint64_t hit) { lowest.lower_to(hit); });
  return map_reduce(
      backend, chunking, not_found,
      [&](IndexRange range) -> std::uint64_t {
        if (lowest.get() < range.begin) return not_found;
        const std::uint64_t hit = search(range, lowest);
        if (hit == not_found) return hit;
        lowest.lower_to(hit);
        if (news) news->tell(hit);
        return hit;
      },
      [](std::uint64_t a, std::uint64_t b) { return std::min(a, b); },
      [&](std::uint64_t hit) { lowest.lower_to(hit); });
}

}  // namespace parlab
