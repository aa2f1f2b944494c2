#pragma once

// What other ranks have told this one: that a run has failed, or that a search has found something.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "kernels/backends/backend.hpp"
#include "kernels/backends/ranks/ranks.hpp"

namespace parlab {

class RankInbox {
 public:
  /// The one of this process.
  static RankInbox& of(Ranks& ranks);

  /// Whether a chunk of this run has failed in another rank, as far as is known: looks at most every
  /// 50 us, because a look takes 0.2 us.
  bool has_failed(std::uint64_t run);

  /// Until the result ends, on_hit is called for hits of the search that begins here; tell() is for
  /// those of this rank. All ranks begin the same searches in the same order.
  std::unique_ptr<SearchNews> listen(std::function<void(std::uint64_t)> on_hit);

 private:
  class Listener;
  using Clock = std::chrono::steady_clock;

  explicit RankInbox(Ranks& ranks) : ranks_(ranks) {}
  void look();

  Ranks& ranks_;
  std::mutex mutex_;  // of all below: a search listens in a thread of its own
  Clock::time_point looked_;
  std::uint64_t failed_run_ = 0;
  std::uint64_t search_ = 0;                   // the number of the last one
  std::function<void(std::uint64_t)> on_hit_;  // empty when it has ended
  std::optional<RankNews> early_;              // of a search that begins here later
};

}  // namespace parlab
