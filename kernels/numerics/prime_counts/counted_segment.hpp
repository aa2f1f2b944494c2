#pragma once

// A segment of the sieve of hard leaves: crossed off by one prime after the other, and counted between
// them at any number of places, in ascending order. A counter for each 512 bytes is kept, so that a
// count reads few bytes.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/numerics/arithmetic/wheel30.hpp"

namespace parlab {

class CountedSegment {
 public:
  /// Numbers that a segment's length and first number must be a multiple of.
  static constexpr std::uint64_t block_numbers = 15360;
  static constexpr std::uint64_t block_bytes = block_numbers / 30;

  /// For segments of at most `bytes` bytes, a multiple of block_bytes.
  explicit CountedSegment(std::uint64_t bytes) : bytes_(bytes), left_in_(bytes / block_bytes) {}

  /// The numbers from 30 * first_byte on without a factor up to 13.
  void begin(std::uint64_t first_byte, std::uint64_t size);

  /// Crosses off the multiples of a prime, itself included. `period` is where its wheel period starts,
  /// relative to the segment: in (-prime, 0]; it is moved on to the segment that follows.
  void cross_off(std::uint32_t prime, std::int64_t& period);

  std::uint64_t left() const { return left_; }

  /// Counts from the segment's start again.
  void rewind() { block_ = word_ = within_ = counted_ = 0; }
  /// What is left up to `number`, relative to the segment's first number. Ascending calls since
  /// rewind.
  std::uint64_t count_up_to(std::uint64_t number) {
    const std::uint64_t block = number / block_numbers;
    if (block != block_) {
      // What was counted of the block is counted with the block.
      counted_ -= within_;
      for (; block_ < block; ++block_) counted_ += left_in_[block_];
      word_ = block * block_words;
      within_ = 0;
    }
    const std::uint64_t word = number / 240;
    for (; word_ < word; ++word_) {
      const auto bits = static_cast<std::uint64_t>(std::popcount(bits_of(word_)));
      counted_ += bits;
      within_ += bits;
    }
    return counted_ + static_cast<std::uint64_t>(
                          std::popcount(bits_of(word) & wheel_bits_up_to[number % 240]));
  }

 private:
  static constexpr std::uint64_t block_words = block_bytes / 8;

  std::uint64_t bits_of(std::uint64_t word) const {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes_.data() + 8 * word, 8);
    return bits;
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint32_t> left_in_;  // each block
  std::uint64_t size_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t block_ = 0;    // all blocks before are counted
  std::uint64_t word_ = 0;     // all words before are counted
  std::uint64_t within_ = 0;   // counted of the block itself
  std::uint64_t counted_ = 0;  // in all words before word_
};

}  // namespace parlab
