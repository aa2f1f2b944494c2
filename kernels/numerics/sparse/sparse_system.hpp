#pragma once

#include <cstdint>
#include <optional>

#include "kernels/numerics/sparse/sparse_rows.hpp"
#include "kernels/posix/shared_elements.hpp"

namespace parlab {

/// The matrix of an example and its vectors, in memory that processes share.
class SparseSystem {
 public:
  /// Knows the size of each row; fill() writes the rest.
  explicit SparseSystem(const SparseExample& example)
      : example_(example), begins_(example.rows + 1), x_(example.rows), y_(example.rows) {
    example_.write_begins(begins_.data());
    const auto nonzeros = static_cast<std::uint64_t>(begins_[example.rows]);
    columns_.emplace(nonzeros);
    values_.emplace(nonzeros);
  }

  SparseRows matrix() const {
    return {begins_.data(), columns_->data(), values_->data(), example_.rows};
  }
  const double* x() const { return x_.data(); }
  double* y() const { return y_.data(); }

  /// Rows of the matrix and of x; those of y become -1, which no product of the example is.
  void fill(IndexRange rows) const {
    example_.write_rows(rows, begins_.data(), columns_->data(), values_->data());
    for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
      x_[row] = static_cast<double>(SparseExample::factor(row));
      y_[row] = -1;
    }
  }

 private:
  SparseExample example_;
  SharedElements<std::int32_t> begins_;
  std::optional<SharedElements<std::int32_t>> columns_;
  std::optional<SharedElements<double>> values_;
  SharedElements<double> x_, y_;
};

}  // namespace parlab
