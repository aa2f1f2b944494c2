#pragma once

// The two parts of the sieve that are pure streaming over bytes, in SIMD.

#include <array>
#include <cstddef>
#include <cstdint>

namespace parlab {

/// Patterns that are laid over the sieve in one pass.
inline constexpr std::size_t patterns_per_pass = 8;
using PatternPointers = std::array<const std::uint8_t*, patterns_per_pass>;

/// bytes[i] = the AND of all patterns[k][i], and of bytes[i] itself where `keep`.
void and_patterns(std::uint8_t* bytes, std::size_t size, const PatternPointers& patterns,
                  bool keep);

std::uint64_t count_bits(const std::uint8_t* bytes, std::size_t size);

}  // namespace parlab
