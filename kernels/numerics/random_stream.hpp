#pragma once

// The words of the generators one after the other, for who wants a stream and not a number by its
// place: tests of randomness. Philox and ARS by their reference code, so that what is tested is the
// definition that all their SIMD kernels agree with.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace parlab {

class RandomStream {
 public:
  virtual ~RandomStream() = default;
  /// The next 32-bit words of the stream. Of a block or number that is larger, the lower first.
  virtual void next(std::span<std::uint32_t> words) = 0;
};

/// Generators that fill words of 32 bits: philox (Philox4x32-10), ars (ARS-7), mt19937_64.
std::vector<std::string> random_streams();

/// A generator from its beginning. Throws UsageError, with the nearest name, where there is none of
/// that name.
std::unique_ptr<RandomStream> random_stream(const std::string& generator, std::uint64_t seed);

}  // namespace parlab
