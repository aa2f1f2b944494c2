#ifdef PARLAB_HAS_XTENSOR
#include "kernels/sharing/memory/xtensor_view.hpp"

#include <gtest/gtest.h>

namespace parlab {
namespace {

TEST(SharedArrayXtensorView, WritesIntoTheArray) {
  const SharedArray<double> array({2, 3, 4});
  auto tensor = xtensor_view(array);
  EXPECT_EQ(tensor.data(), array.data());
  tensor(1, 2, 3) = 7;
  EXPECT_EQ(array[23], 7.0);
  tensor.fill(2);
  EXPECT_EQ(array[0], 2.0);
  EXPECT_EQ(tensor.shape(1), 3u);
}

}  // namespace
}  // namespace parlab
#endif
