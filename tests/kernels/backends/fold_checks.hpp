#pragma once

// What a fold must give on every backend, whether its workers are threads, processes or ranks: the bits of serial, in the
// order of the chunks.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>

#include "kernels/backends/backend_registry.hpp"

namespace parlab {

/// Product of 2 x 2 matrices modulo 2^64: associative but not commutative.
using Matrix = std::array<std::uint64_t, 4>;
inline constexpr Matrix unit = {1, 0, 0, 1};

inline Matrix product(const Matrix& a, const Matrix& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],  //
          a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}

inline Matrix matrix_of(IndexRange range) {
  Matrix result = unit;
  for (std::uint64_t i = range.begin; i < range.end; ++i)
    result = product(result, {i, 1, 3, i + 2});
  return result;
}

inline void expect_same_product(Backend& backend, IndexRange range, std::uint64_t grain) {
  EXPECT_EQ(map_reduce(backend, Chunking(range, grain), unit, matrix_of, product), matrix_of(range))
      << "grain " << grain;
}

inline void expect_chunk_order(Backend& backend) {
  for (const std::uint64_t grain : {1, 3, 10, 1000}) expect_same_product(backend, {5, 1005}, grain);
}

inline void expect_largest_index(Backend& backend) {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  expect_same_product(backend, {largest - 100, largest}, 7);
}

inline void expect_more_chunks_than_a_window(Backend& backend) {
  expect_same_product(backend, {0, 2 * window + 3}, 1);
}

/// 1/1 + 1/2 + ...: whose bits depend on the order.
inline double harmonic(IndexRange range) {
  double sum = 0;
  for (std::uint64_t i = range.begin; i < range.end; ++i) sum += 1.0 / static_cast<double>(i + 1);
  return sum;
}

inline void expect_same_bits_in_floating_point(Backend& backend) {
  const Chunking chunking({0, 100'000}, 17);
  const auto serial = make_backend({"serial", "", 1});
  const double expected = map_reduce(*serial, chunking, 0.0, harmonic, std::plus<>());
  for (int repeat = 0; repeat < 5; ++repeat)
    EXPECT_EQ(map_reduce(backend, chunking, 0.0, harmonic, std::plus<>()), expected);
}

}  // namespace parlab
