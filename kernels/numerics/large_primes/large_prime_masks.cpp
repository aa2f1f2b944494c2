#include "kernels/numerics/large_primes/large_prime_masks.hpp"

#include <algorithm>

namespace parlab {
namespace {

/// Bytes of all masks: less than the lists of hits may take near 2^64 (hit_lists.hpp).
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;

}  // namespace

LargePrimeMasks::LargePrimeMasks(std::uint64_t above, std::uint64_t largest,
                                 std::uint64_t first_byte, std::uint64_t size,
                                 std::uint64_t segment, std::uint64_t workers,
                                 SieveMemory (*memory)(std::uint64_t bytes))
    : above_(above),
      largest_(largest),
      first_byte_(first_byte),
      size_(size),
      shares_(std::clamp<std::uint64_t>(most_bytes / size, 1, workers)),
      piece_((size / (workers / shares_) / segment + 1) * segment),
      pieces_((size + piece_ - 1) / piece_) {
  if (shares_ > 1) masks_ = memory(shares_ * size);
}

LargePrimeMasks::Part LargePrimeMasks::part(std::uint64_t number) {
  const std::uint64_t share = number % shares_;
  const std::uint64_t begin = number / shares_ * piece_;
  return {.share = share,
          .first_byte = first_byte_ + begin,
          .bytes = {masks_.get() + share * size_ + begin, std::min(piece_, size_ - begin)}};
}

void LargePrimeMasks::cross_off(std::uint8_t* bytes, std::uint64_t size,
                                std::uint64_t first_byte) const {
  for (std::uint64_t share = 0; share < shares_; ++share) {
    const std::uint8_t* const mask = masks_.get() + share * size_ + (first_byte - first_byte_);
    for (std::uint64_t i = 0; i < size; ++i) bytes[i] &= mask[i];
  }
}

}  // namespace parlab
