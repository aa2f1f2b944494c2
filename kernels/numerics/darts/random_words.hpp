#pragma once

#include <cstdint>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// The XOR of all 32-bit words of these darts' Philox blocks, by the SIMD kernel without its dart
/// test: what no dart can cost less than. Takes a multiple of 1024 darts, from a multiple of 1024
/// on.
std::uint64_t xor_of_dart_words(IndexRange darts, std::uint64_t seed);

}  // namespace parlab
