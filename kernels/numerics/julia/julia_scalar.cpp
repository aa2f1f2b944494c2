// scalar: one pixel after the other, as one would write it by hand.

#include "kernels/numerics/julia/julia_set.hpp"

namespace parlab {
namespace {

std::uint64_t count_steps(const JuliaImage& image, IndexRange pixels, std::uint32_t* counts) {
  std::uint64_t sum = 0;
  for (std::uint64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::uint64_t row = pixel / image.width;
    double x = image.left + static_cast<double>(pixel % image.width) * image.step;
    double y = image.top - static_cast<double>(row) * image.step;
    std::uint32_t steps = 0;
    while (steps < image.max_steps) {
      const double x_squared = x * x;
      const double y_squared = y * y;
      if (!(x_squared + y_squared < 4.0)) break;
      const double product = x * y;
      x = (x_squared - y_squared) + image.c_real;
      y = (product + product) + image.c_imaginary;
      ++steps;
    }
    counts[pixel - pixels.begin] = steps;
    sum += steps;
  }
  return sum;
}

const RegisterJuliaVariant registered{{
    .name = "scalar",
    .what = "one pixel after the other",
    .count_steps = count_steps,
}};

}  // namespace
}  // namespace parlab
