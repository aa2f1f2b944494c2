#pragma once

// A SharedArray as an xtensor expression, without a copy. Costs a source the compiling of xtensor.

#if __has_include(<xtensor/containers/xadapt.hpp>)
#include <xtensor/containers/xadapt.hpp>
#else
#include <xtensor/xadapt.hpp>
#endif

#include "kernels/sharing/memory/shared_array.hpp"

namespace parlab {

/// Of the array's shape, row-major. Valid as long as the array.
template <class T>
auto xtensor_view(const SharedArray<T>& array) {
  return xt::adapt(array.data(), array.size(), xt::no_ownership(), array.shape());
}

}  // namespace parlab
