#include "experiments/checkpoint/fold_pacer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <span>
#include <stdexcept>

#include "experiments/checkpoint/checkpoint_file.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

/// Larger states are sent when they are saved, and not in between.
constexpr std::size_t small_state = 1 << 20;

/// Of what a piece sends, so much may be something else than its state.
constexpr std::size_t max_state = max_message_bytes - (1 << 20);

/// What rank 0 has in all ranks; without ranks, what is here. Collective.
void spread(std::span<std::byte> bytes) {
  if (Ranks* const ranks = joined_ranks()) ranks->broadcast(bytes, 0);
}

std::size_t bytes_in(const FoldState& state) {
  std::size_t bytes = 0;
  for (const auto& part : state.parts) bytes += part.size();
  return bytes;
}

}  // namespace

/// What the file says, read by rank 0.
void FoldPacer::resume(const FoldState& state) {
  std::optional<std::string> failure;
  Ranks* const ranks = joined_ranks();
  if (ranks == nullptr || ranks->rank() == 0) try {
      const auto found = read_checkpoint(file_).state;
      if (found) {
        done_ = found->facts.at(done_fact).get<std::uint64_t>();
        state_ = found->bytes;
        if (found->facts.at(chunks_fact) != chunks_ || done_ > chunks_ ||
            state_.size() != bytes_in(state))
          throw std::runtime_error(
              fmt::format("{} does not fit this run: remove it to begin anew", file_));
      }
    } catch (const std::exception& error) {
      if (ranks == nullptr) throw;
      failure = fmt::format("{} (the file must lie where rank 0 sees it)", error.what());
    }
  if (ranks != nullptr) agree(*ranks, failure ? &*failure : nullptr);
  spread(std::as_writable_bytes(std::span(&done_, 1)));
  if (done_ == 0) return;
  state_.resize(bytes_in(state));
  spread(state_);
}

IndexRange FoldPacer::begin(std::uint64_t chunks, const FoldState& state) {
  chunks_ = chunks;
  const std::size_t bytes = bytes_in(state);
  if (bytes > max_state)
    throw std::runtime_error(fmt::format(
        "between its pieces this run has {} bytes to keep, and --checkpoint keeps at most {}",
        bytes, max_state));
  const bool is_first = !is_resumed_;
  if (is_first) resume(state);
  is_resumed_ = true;
  if (done_ > 0 && (is_first || !state.stays)) {
    const std::byte* from = state_.data();
    for (const auto& part : state.parts) {
      if (!part.empty()) std::memcpy(part.data(), from, part.size());
      from += part.size();
    }
  }
  began_ = Clock::now();
  count_ = done_ == chunks_ ? 0
                            : pace_.next(chunks_ - done_, began_ - ended_,
                                         bytes > small_state ? 1 : pieces_per_save);
  spread(std::as_writable_bytes(std::span(&count_, 1)));
  return {done_, done_ + count_};
}

void FoldPacer::end(const FoldState& state) {
  ended_ = Clock::now();
  seconds_ = std::chrono::duration<double>(ended_ - began_).count();
  pace_.took(ended_ - began_);
  done_ += count_;
  state_.resize(bytes_in(state));
  std::byte* to = state_.data();
  for (const auto& part : state.parts) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
}

}  // namespace parlab
