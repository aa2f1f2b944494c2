#pragma once

#include <cstdint>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// Puts back the primes that the pre-sieve crossed off in bytes[0, size), which stand for the
/// numbers from 30 * first_byte on, and takes out what the first and last byte hold beyond the
/// range.
void mend_ends(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte, IndexRange range);

}  // namespace parlab
