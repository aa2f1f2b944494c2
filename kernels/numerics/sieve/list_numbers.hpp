#pragma once

#include <cstdint>

namespace parlab {

/// Writes the numbers whose bits are set in bytes[0, size), which stand for those from
/// 30 * first_byte on, in order to `out`; returns the place behind the last. Writes no further.
/// Cost: by AVX-512 VBMI2 some 0.2 ns a number where they are dense, else 0.8 ns.
std::uint64_t* list_numbers(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                            std::uint64_t* out);

/// The same for numbers below 2^32.
std::uint32_t* list_numbers(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                            std::uint32_t* out);

}  // namespace parlab
