#include "kernels/numerics/sparse/sparse_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

struct Matrix {
  std::vector<std::int32_t> begins, columns;
  std::vector<double> values;

  explicit Matrix(const SparseExample& example) : begins(example.rows + 1) {
    example.write_begins(begins.data());
    columns.resize(begins.back());
    values.resize(begins.back());
    const std::uint64_t half = example.rows / 2;
    example.write_rows({0, half}, begins.data(), columns.data(), values.data());
    example.write_rows({half, example.rows}, begins.data(), columns.data(), values.data());
  }
  SparseRows view() const {
    return {begins.data(), columns.data(), values.data(), begins.size() - 1};
  }
};

TEST(SparseRows, MultipliesByTheDefinition) {
  // 3 x 3, the second row empty.
  const std::vector<std::int32_t> begins = {0, 2, 2, 5};
  const std::vector<std::int32_t> columns = {0, 2, 0, 1, 2};
  const std::vector<double> values = {2, 3, -1, 4, 0.5};
  const SparseRows matrix{begins.data(), columns.data(), values.data(), 3};
  const std::vector<double> x = {10, 100, 1000};
  std::vector<double> y(3, -7);
  multiply_rows(matrix, x.data(), {0, 3}, y.data());
  EXPECT_THAT(y, testing::ElementsAre(3020, 0, 890));
  EXPECT_EQ(matrix.size().nonzeros, 5u);
  EXPECT_EQ(matrix.size().places(), 8u);
  y.assign(3, -7);
  multiply_rows(matrix, x.data(), {2, 3}, y.data());
  EXPECT_THAT(y, testing::ElementsAre(-7, -7, 890));
}

TEST(SparseRows, SumsInTheOrderThatItPromises) {
  constexpr std::int32_t length = 11;
  std::vector<std::int32_t> columns;
  std::vector<double> values, x;
  double sums[4] = {};
  for (std::int32_t k = 0; k < length; ++k) {
    columns.push_back(k);
    values.push_back(1 / (k + 3.0));
    x.push_back(std::sqrt(k + 0.3));
    const double product = values.back() * x.back();
    sums[k % 4] += product;
  }
  const std::vector<std::int32_t> begins = {0, length};
  double y = 0;
  multiply_rows({begins.data(), columns.data(), values.data(), 1}, x.data(), {0, 1}, &y);
  EXPECT_EQ(y, (sums[0] + sums[1]) + (sums[2] + sums[3]));
}

TEST(SparseRows, RangesOfPlacesHoldEachRowOnce) {
  for (const std::vector<std::int32_t>& begins : std::vector<std::vector<std::int32_t>>{
           {0}, {0, 0}, {0, 0, 0, 0}, {0, 5, 5, 5, 6}, {0, 0, 100, 101}, {0, 1, 1, 4, 4, 4, 9}}) {
    const SparseRows matrix{begins.data(), nullptr, nullptr, begins.size() - 1};
    for (std::uint64_t grain = 1; grain <= matrix.size().places() + 1; ++grain) {
      const Chunking chunks({0, matrix.size().places()}, grain);
      std::uint64_t next = 0;
      for (std::uint64_t chunk = 0; chunk < chunks.chunks(); ++chunk) {
        const IndexRange rows = rows_that_begin_in(matrix, chunks[chunk]);
        EXPECT_EQ(rows.begin, next);
        EXPECT_LE(rows.begin, rows.end);
        next = rows.end;
      }
      EXPECT_EQ(next, matrix.rows) << grain;
    }
  }
}

TEST(SparseExample, HasRisingColumnsAndLongRowsFirst) {
  const SparseExample even{1000, 7, RowLengths::even};
  const SparseExample uneven{1000, 8, RowLengths::uneven};
  for (const SparseExample& example : {even, uneven, SparseExample{1, 1, RowLengths::even},
                                       SparseExample{5, 5, RowLengths::uneven}}) {
    const Matrix matrix(example);
    for (std::uint64_t row = 0; row < example.rows; ++row)
      for (std::int32_t i = matrix.begins[row]; i < matrix.begins[row + 1]; ++i) {
        EXPECT_GE(matrix.columns[i], 0);
        EXPECT_LT(matrix.columns[i], static_cast<std::int32_t>(example.rows));
        if (i > matrix.begins[row]) {
          EXPECT_LT(matrix.columns[i - 1], matrix.columns[i]);
        }
      }
  }
  EXPECT_EQ(Matrix(even).view().size().nonzeros, 7000u);
  EXPECT_NEAR(static_cast<double>(Matrix(uneven).view().size().nonzeros), 8000, 800);
  EXPECT_EQ(uneven.length(0), 126u);
  EXPECT_EQ(uneven.length(999), 4u);
}

TEST(SparseExample, KnowsItsSizeBeforeItIsMade) {
  for (const SparseExample& example :
       {SparseExample{1000, 7, RowLengths::even}, SparseExample{1000, 8, RowLengths::uneven},
        SparseExample{77, 77, RowLengths::uneven}, SparseExample{1, 1, RowLengths::uneven}}) {
    const SparseSize made = Matrix(example).view().size();
    EXPECT_EQ(example.size().rows, made.rows);
    EXPECT_EQ(example.size().nonzeros, made.nonzeros);
    EXPECT_LE(made.nonzeros, example.rows * example.mean_length);
  }
  EXPECT_THROW(row_lengths_named("evne"), UsageError);
}

}  // namespace
}  // namespace parlab
