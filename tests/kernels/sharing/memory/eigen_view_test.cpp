#ifdef PARLAB_HAS_EIGEN
#include "kernels/sharing/memory/eigen_view.hpp"

#include <gtest/gtest.h>

namespace parlab {
namespace {

TEST(SharedArrayEigenView, WritesIntoTheArray) {
  const SharedArray<double> array({2, 3});
  EigenView<double> matrix = eigen_view(array);
  EXPECT_EQ(matrix.data(), array.data());
  matrix(1, 2) = 7;
  EXPECT_EQ(array[5], 7.0);
  matrix.setConstant(2);
  EXPECT_EQ(array.row(1)[0], 2.0);
  EXPECT_EQ(eigen_view(SharedArray<float>({4})).rows(), 4);
  EXPECT_THROW(eigen_view(SharedArray<float>({1, 2, 3})), std::invalid_argument);
}

}  // namespace
}  // namespace parlab
#endif
