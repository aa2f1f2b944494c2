#pragma once

// Who keeps what a fold has come to, so that it can be made in pieces: another process may go on from
// there. Because a fold joins partials in chunk order, its bits are those of one that is made at once.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// What a fold has come to, in the memory of whoever makes it.
struct FoldState {
  std::vector<std::span<std::byte>> parts;
  bool stays = false;  // from one piece to the next, in this process
};

/// Backend::keeper(). What folds asks begin() which of its chunks come next, and calls end() when they
/// are done, unless one of them failed. In ranks, all of them do.
class FoldKeeper {
 public:
  virtual ~FoldKeeper() = default;

  /// The next chunks of [0, chunks); none where all are done. Sets `state` to what those before have
  /// come to, where there are any and it does not stay.
  virtual IndexRange begin(std::uint64_t chunks, const FoldState& state) = 0;
  /// `state` is now what all chunks so far have come to.
  virtual void end(const FoldState& state) = 0;

  /// What each piece needs and only the first one makes. Of one type.
  template <class T, class Make>
  const T& made_once(const Make& make) {
    if (!made_) made_ = std::make_shared<const T>(make());
    return *static_cast<const T*>(made_.get());
  }

 private:
  std::shared_ptr<const void> made_;
};

}  // namespace parlab
