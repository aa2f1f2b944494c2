#pragma once

// A sparse matrix times a vector, y = A x, with A in compressed sparse rows (CSR): of each row its
// nonzeros, with the column of each. x is gathered from wherever the columns point, and rows differ
// in length, so equal numbers of rows are not equal work.
//
// Each y is summed up by one worker in a fixed order: the nonzeros of a row go to four sums in turn,
// which are then added, (0 + 1) + (2 + 3). So y is the same, bit for bit, however rows are split.
//
// Source: Saad, Iterative Methods for Sparse Linear Systems, 3.4, for the format; Merrill and
// Garland, "Merge-based Parallel Sparse Matrix-Vector Multiplication", SC16, for places.
//
// Cost: 12 bytes read a nonzero, in order, and 8 gathered.

#include <cstdint>
#include <string>

#include "kernels/base/index_range.hpp"

namespace parlab {

struct SparseSize {
  std::uint64_t rows = 0;
  std::uint64_t nonzeros = 0;

  /// Rows and nonzeros, in the order in which a product meets them: what takes time, rows that are
  /// empty included.
  std::uint64_t places() const { return rows + nonzeros; }
};

/// A view of a matrix. Owns nothing. Numbers of rows, columns and nonzeros are below 2^31.
struct SparseRows {
  const std::int32_t* begins = nullptr;  // rows + 1: where a row's nonzeros begin, and the last end
  const std::int32_t* columns = nullptr;  // of each nonzero
  const double* values = nullptr;
  std::uint64_t rows = 0;

  SparseSize size() const { return {rows, static_cast<std::uint64_t>(begins[rows])}; }
};

/// y[row] for these rows.
void multiply_rows(const SparseRows& matrix, const double* x, IndexRange rows, double* y);

/// The rows that begin in a range of places: of ranges that cover all places, each row is in one.
IndexRange rows_that_begin_in(const SparseRows& matrix, IndexRange places);

enum class RowLengths {
  even,    // all rows are as long
  uneven,  // a few long ones first, as in graphs whose nodes are ordered by degree
};

/// "even" or "uneven". Throws UsageError for anything else.
RowLengths row_lengths_named(const std::string& name);

/// A square matrix of whole numbers that are functions of their place, so that any worker makes any
/// row, and products with a vector of whole numbers are exact.
struct SparseExample {
  std::uint64_t rows = 0;         // and columns, at least 1
  std::uint64_t mean_length = 0;  // of a row, at most as many as there are columns
  RowLengths lengths = RowLengths::even;

  /// Nonzeros of a row: rows 0, 1, 2, ... of an uneven matrix have about L / 2 sqrt(rows / (row + 1)).
  std::uint64_t length(std::uint64_t row) const;
  /// The column of nonzero k of a row of `length`: rising with k.
  std::uint64_t column(std::uint64_t row, std::uint64_t k, std::uint64_t length) const;
  /// In [1, 16].
  static std::uint64_t value(std::uint64_t row, std::uint64_t k);
  /// What the vector holds, in [0, 1024).
  static std::uint64_t factor(std::uint64_t column);

  SparseSize size() const;
  /// Writes rows + 1 begins. Requires fewer than 2^31 nonzeros; there are at most rows * mean_length.
  void write_begins(std::int32_t* begins) const;
  /// Writes the columns and values of these rows, whose begins are written.
  void write_rows(IndexRange rows, const std::int32_t* begins, std::int32_t* columns,
                  double* values) const;
};

/// The product of the example with its vector, row by row in whole numbers, without a matrix: the
/// mark that it must have.
std::uint64_t mark_in_whole_numbers(const SparseExample& example);

/// What two products share only where they are the same but for luck.
std::uint64_t mark_of_product(const double* y, std::uint64_t rows);

}  // namespace parlab
