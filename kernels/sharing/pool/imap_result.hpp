#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/pool/next_iterator.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

/// Results as they come, of items that are read as they are needed:
///
///   for (const auto& result : pool.imap(task, items)) ...
///
/// No more chunks are under way, or wait to be read, than a window allows: memory stays bounded
/// however long the input is, and a slow reader slows the pool. To be read by one thread.
template <class Chunk>
class ImapResult {
 public:
  using Result = typename Chunk::Result;
  /// Makes the next chunk, or returns null at the end of the input.
  using Feed = std::function<std::shared_ptr<Chunk>()>;

  ImapResult(std::shared_ptr<WorkerGroup> group, Feed feed, std::size_t window, bool ordered)
      : group_(std::move(group)), feed_(std::move(feed)), window_(window), ordered_(ordered) {}

  /// The next result, or nothing after the last. Throws what an item threw; the next call goes on
  /// with the item behind it. Throws TimedOut at the deadline, and may be called again.
  std::optional<Result> next(Deadline deadline = {}) {
    while (!current_ || place_ == current_->size()) {
      current_.reset();
      fill();
      if (under_way_.empty()) return std::nullopt;
      std::size_t position = 0;
      const auto one_is_finished = [&] {
        position = position_of_finished();
        return position < under_way_.size();
      };
      if (!group_->wait_until(one_is_finished, deadline))
        throw TimedOut("the next result was not ready at the deadline");
      current_ = under_way_[position];
      under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(position));
      place_ = 0;
      fill();  // while this one is read
    }
    return current_->take(place_++);
  }

  using Iterator = NextIterator<ImapResult, Result>;
  Iterator begin() { return Iterator(this); }
  Iterator end() const { return Iterator(); }

 private:
  /// Some at a time, where the window has room for many.
  void fill() {
    if (at_end_ || under_way_.size() + window_ / 8 + 1 > window_) return;
    std::vector<std::shared_ptr<PoolTask>> tasks;
    std::exception_ptr failure;  // of the input
    try {
      while (!at_end_ && under_way_.size() + tasks.size() < window_) {
        std::shared_ptr<Chunk> chunk = feed_();
        if (chunk)
          tasks.push_back(std::move(chunk));
        else
          at_end_ = true;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    if (!tasks.empty()) group_->submit(tasks, WorkerGroup::AwaitedAs::each);
    for (const auto& task : tasks) under_way_.push_back(std::static_pointer_cast<Chunk>(task));
    if (failure) std::rethrow_exception(failure);
  }
  std::size_t position_of_finished() const {
    const std::size_t looked_at =
        ordered_ ? std::min<std::size_t>(1, under_way_.size()) : under_way_.size();
    for (std::size_t i = 0; i < looked_at; ++i)
      if (under_way_[i]->finished()) return i;
    return under_way_.size();
  }

  std::shared_ptr<WorkerGroup> group_;
  Feed feed_;
  std::size_t window_;
  bool ordered_;
  bool at_end_ = false;
  std::deque<std::shared_ptr<Chunk>> under_way_;
  std::shared_ptr<Chunk> current_;
  std::size_t place_ = 0;
};

}  // namespace parlab
