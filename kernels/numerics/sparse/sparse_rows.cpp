#include "kernels/numerics/sparse/sparse_rows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

std::uint64_t mixed(std::uint64_t number) {
  number = (number + 1) * 0x9E3779B97F4A7C15;
  number = (number ^ number >> 32) * 0xD6E8FEB86659FD93;
  return number ^ number >> 32;
}

struct Lengths {
  const char* name;
  RowLengths lengths;
};
constexpr Lengths lengths_by_name[] = {{"even", RowLengths::even}, {"uneven", RowLengths::uneven}};

/// The first row that begins at `place` or behind it.
std::uint64_t first_row_from(const SparseRows& matrix, std::uint64_t place) {
  std::uint64_t low = 0;
  std::uint64_t high = matrix.rows;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (static_cast<std::uint64_t>(matrix.begins[middle]) + middle < place)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// Elements, 512 bytes of each: a third less time than without where an uneven matrix comes from the
/// third cache; 1 to 8 KiB ahead take up to a sixth more (Zen 4). Nothing is read beyond the end.
constexpr std::int32_t values_ahead = 64;
constexpr std::int32_t columns_ahead = 128;

}  // namespace

void multiply_rows(const SparseRows& matrix, const double* x, IndexRange rows, double* y) {
  if (rows.empty()) return;
  // A write to y might change the view, as far as the compiler knows.
  const double* const values = matrix.values;
  const std::int32_t* const columns = matrix.columns;
  const std::int32_t* const begins = matrix.begins;
  const auto product = [&](std::int32_t i) { return values[i] * x[columns[i]]; };
  std::int32_t i = begins[rows.begin];
  for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
    const std::int32_t end = begins[row + 1];
    // Four, as many as hide the latency of an addition. By name: an array would lie in memory.
    double sum_0 = 0, sum_1 = 0, sum_2 = 0, sum_3 = 0;
    for (; end - i >= 4; i += 4) {
      __builtin_prefetch(values + i + values_ahead);
      __builtin_prefetch(columns + i + columns_ahead);
      sum_0 += product(i);
      sum_1 += product(i + 1);
      sum_2 += product(i + 2);
      sum_3 += product(i + 3);
    }
    if (end - i >= 1) sum_0 += product(i);
    if (end - i >= 2) sum_1 += product(i + 1);
    if (end - i >= 3) sum_2 += product(i + 2);
    i = end;
    y[row] = (sum_0 + sum_1) + (sum_2 + sum_3);
  }
}

IndexRange rows_that_begin_in(const SparseRows& matrix, IndexRange places) {
  return {first_row_from(matrix, places.begin), first_row_from(matrix, places.end)};
}

RowLengths row_lengths_named(const std::string& name) {
  return entry_named(lengths_by_name, "kind of row lengths", name).lengths;
}

std::uint64_t SparseExample::length(std::uint64_t row) const {
  if (lengths == RowLengths::even) return mean_length;
  const double share = static_cast<double>(rows) / static_cast<double>(row + 1);
  const double length = static_cast<double>(mean_length) / 2 * std::sqrt(share);
  return std::min(static_cast<std::uint64_t>(length), rows);
}

std::uint64_t SparseExample::column(std::uint64_t row, std::uint64_t k,
                                    std::uint64_t length) const {
  // One of each of `length` stretches of columns.
  const std::uint64_t begin = k * rows / length;
  const std::uint64_t end = (k + 1) * rows / length;
  return begin + mixed(row << 32 | k) % (end - begin);
}

std::uint64_t SparseExample::value(std::uint64_t row, std::uint64_t k) {
  return mixed(k << 32 | row) % 16 + 1;
}

std::uint64_t SparseExample::factor(std::uint64_t column) { return mixed(column) % 1024; }

SparseSize SparseExample::size() const {
  std::uint64_t nonzeros = 0;
  for (std::uint64_t row = 0; row < rows; ++row) nonzeros += length(row);
  return {rows, nonzeros};
}

void SparseExample::write_begins(std::int32_t* begins) const {
  std::uint64_t nonzeros = 0;
  for (std::uint64_t row = 0; row < rows; ++row) {
    begins[row] = static_cast<std::int32_t>(nonzeros);
    nonzeros += length(row);
  }
  begins[rows] = static_cast<std::int32_t>(nonzeros);
}

void SparseExample::write_rows(IndexRange range, const std::int32_t* begins, std::int32_t* columns,
                               double* values) const {
  for (std::uint64_t row = range.begin; row < range.end; ++row) {
    const auto begin = static_cast<std::uint64_t>(begins[row]);
    const std::uint64_t length = static_cast<std::uint64_t>(begins[row + 1]) - begin;
    for (std::uint64_t k = 0; k < length; ++k) {
      columns[begin + k] = static_cast<std::int32_t>(column(row, k, length));
      values[begin + k] = static_cast<double>(value(row, k));
    }
  }
}

std::uint64_t mark_in_whole_numbers(const SparseExample& example) {
  std::uint64_t mark = 0;
  for (std::uint64_t row = 0; row < example.rows; ++row) {
    const std::uint64_t length = example.length(row);
    std::uint64_t sum = 0;
    for (std::uint64_t k = 0; k < length; ++k)
      sum += SparseExample::value(row, k) * SparseExample::factor(example.column(row, k, length));
    mark += std::bit_cast<std::uint64_t>(static_cast<double>(sum)) * (2 * row + 1);
  }
  return mark;
}

std::uint64_t mark_of_product(const double* y, std::uint64_t rows) {
  std::uint64_t mark = 0;
  for (std::uint64_t row = 0; row < rows; ++row)
    mark += std::bit_cast<std::uint64_t>(y[row]) * (2 * row + 1);
  return mark;
}

namespace {

const RegisterKernel registered{{"spmv", "", "sparse matrix times vector, rows compressed (CSR)"}};

}  // namespace
}  // namespace parlab
