#pragma once

// A plate for tests of the diffusion kernels, and what becomes of it by the formula.

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/numerics/diffusion/heat.hpp"

namespace parlab {

/// A plate with memory of its own. Beyond each row, up to the stride, lies a value that no variant
/// may read or write.
class OwnPlate {
 public:
  OwnPlate(std::uint64_t rows, std::uint64_t columns, std::uint64_t spare = 0)
      : rows_(rows),
        columns_(columns),
        stride_(columns + spare),
        cells_(rows * stride_ + 1, -1e9) {}
  // From the second cell of the memory on, so that rows are not aligned.
  Plate plate() { return {cells_.data() + 1, rows_, columns_, stride_}; }
  void fill(unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> heat(-1, 1);
    for (std::uint64_t row = 0; row < rows_; ++row)
      for (std::uint64_t j = 0; j < columns_; ++j) plate()[row][j] = heat(random);
  }
  const std::vector<double>& cells() const { return cells_; }

 private:
  std::uint64_t rows_, columns_, stride_;
  std::vector<double> cells_;
};

/// The formula, cell by cell, over the whole plate.
inline OwnPlate steps_by_definition(const OwnPlate& start, double rate, std::uint64_t steps,
                                    Edges edges) {
  OwnPlate now = start;
  const std::uint64_t kept = edges == Edges::fixed ? 1 : 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    OwnPlate next = now;
    const Plate from = now.plate();
    const Plate to = next.plate();
    const auto cell = [&](std::uint64_t i, std::uint64_t j) {
      return from[i % from.rows][j % from.columns];
    };
    for (std::uint64_t i = kept; i + kept < from.rows; ++i)
      for (std::uint64_t j = kept; j + kept < from.columns; ++j) {
        const double up = cell(i + from.rows - 1, j), down = cell(i + 1, j);
        const double left = cell(i, j + from.columns - 1), right = cell(i, j + 1);
        to[i][j] = from[i][j] + rate * (((up + down) + (left + right)) - 4 * from[i][j]);
      }
    now = next;
  }
  return now;
}

}  // namespace parlab
