#pragma once

// What large primes cross off in a range, found by several workers, each for its share of the primes.
// Where each worker has its own part of a high range, all of them divide each base prime anew, to find
// where it first hits that part: for 10^9 numbers at 10^18 a quarter of one worker's work. Here a prime
// is divided once, and the shares meet in bitmaps.
//
// Memory: a bit for each number coprime to 30, for each share: size / 30 * shares bytes. Where that
// were too much, there are fewer shares, and the range is cut instead.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace parlab {

/// Bytes that are freed with the last that holds them.
using SieveMemory = std::shared_ptr<std::uint8_t[]>;

class LargePrimeMasks {
 public:
  /// Of the primes above `above` and up to `largest`, in the bytes [first_byte, first_byte + size),
  /// made in as many parts as there are workers, or somewhat fewer. Pieces are whole segments.
  /// memory(bytes) is where all workers see what each writes.
  LargePrimeMasks(std::uint64_t above, std::uint64_t largest, std::uint64_t first_byte,
                  std::uint64_t size, std::uint64_t segment, std::uint64_t workers,
                  SieveMemory (*memory)(std::uint64_t bytes));

  /// One worker's part: the share of the primes, and where in the bytes.
  struct Part {
    std::uint64_t share;
    std::uint64_t first_byte;
    std::span<std::uint8_t> bytes;  // to be made
  };
  std::uint64_t parts() const { return shares_ * pieces_; }
  Part part(std::uint64_t number);

  /// Clears in bytes[0, size) what all shares have crossed off from first_byte on.
  void cross_off(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte) const;

  /// Whether there are bits for these bytes.
  bool hold(std::uint64_t first_byte, std::uint64_t size) const {
    return first_byte >= first_byte_ && first_byte + size <= first_byte_ + size_;
  }
  std::uint64_t above() const { return above_; }
  std::uint64_t largest() const { return largest_; }
  std::uint64_t shares() const { return shares_; }

 private:
  std::uint64_t above_;
  std::uint64_t largest_;
  std::uint64_t first_byte_;
  std::uint64_t size_;
  std::uint64_t shares_;
  std::uint64_t piece_;  // bytes
  std::uint64_t pieces_;
  SieveMemory masks_;  // share after share
};

}  // namespace parlab
