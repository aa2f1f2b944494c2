#pragma once

// A SharedArray as an xtensor expression, without a copy. Costs a source the compiling of xtensor.

#include "kernels/base/xtensor.hpp"
#include "kernels/sharing/memory/shared_array.hpp"

namespace parlab {

/// Of the array's shape, row-major. Valid as long as the array.
template <class T>
auto xtensor_view(const SharedArray<T>& array) {
  return xt::adapt(array.data(), array.size(), xt::no_ownership(), array.shape());
}

}  // namespace parlab
