#pragma once

// A SharedArray of one or two dimensions as an Eigen matrix, without a copy. Costs a source the
// compiling of Eigen.

#include <Eigen/Core>
#include <stdexcept>

#include "kernels/sharing/memory/shared_array.hpp"

namespace parlab {

template <class T>
using EigenView = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
                             Eigen::AlignedMax>;

/// Rows are the first dimension; one dimension gives one column. Valid as long as the array.
template <class T>
EigenView<T> eigen_view(const SharedArray<T>& array) {
  if (array.shape().size() > 2)
    throw std::invalid_argument("an Eigen matrix has two dimensions: use xtensor_view");
  const auto rows = static_cast<Eigen::Index>(array.shape()[0]);
  const auto columns = static_cast<Eigen::Index>(array.shape().size() == 2 ? array.shape()[1] : 1);
  return EigenView<T>(array.data(), rows, columns);
}

}  // namespace parlab
