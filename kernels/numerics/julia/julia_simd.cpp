// simd: a pixel a lane, several vectors in flight, in Highway for every SIMD level. A
// group of pixels goes on until its last one has left; whether any is still inside is asked only
// now and then, because the answer costs as much as a step.

#include <algorithm>
#include <array>

#include "kernels/numerics/julia/julia_set.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/julia/julia_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/arithmetic/kept_vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Doubles = hn::ScalableTag<double>;
using Vector = hn::Vec<Doubles>;

/// A step is a chain of four dependent operations of four cycles, on two units: that many vectors
/// keep both busy. With 16 registers some of them spill, which costs less than to wait: of AVX2 on
/// Zen 4 two vectors take 1.4 times as long by g++ 12, and as long by clang 14.
constexpr std::size_t in_flight = 4;

constexpr std::size_t lanes = lanes_of<double>;
constexpr std::size_t group = lanes * in_flight;

/// Steps between two looks at whether all pixels of a group have left.
constexpr std::uint32_t steps_per_look = 8;

/// The counts of `group` pixels of a row, from `column` on, as doubles: exact, below 2^32.
HWY_INLINE void count_group(const JuliaImage& image, double column, double y_start,
                            double* HWY_RESTRICT counts) {
  const Doubles tag;
  const Vector four = hn::Set(tag, 4.0);
  const Vector one = hn::Set(tag, 1.0);
  const Vector c_real = hn::Set(tag, image.c_real);
  const Vector c_imaginary = hn::Set(tag, image.c_imaginary);
  Kept<Vector> x[in_flight], y[in_flight], count[in_flight];
  Kept<hn::Mask<Doubles>> inside[in_flight];
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < in_flight; ++i) {
    const Vector columns = hn::Iota(tag, column + static_cast<double>(i * lanes));
    x[i] = hn::Add(hn::Set(tag, image.left), hn::Mul(columns, hn::Set(tag, image.step)));
    y[i] = hn::Set(tag, y_start);
    count[i] = hn::Zero(tag);
    inside[i] = hn::FirstN(tag, lanes);
  }
  for (std::uint32_t done = 0; done < image.max_steps;) {
    const std::uint32_t now = std::min(steps_per_look, image.max_steps - done);
    for (std::uint32_t step = 0; step < now; ++step) {
      HWY_UNROLL(4)
      for (std::size_t i = 0; i < in_flight; ++i) {
        const Vector x_squared = hn::Mul(x[i], x[i]);
        const Vector y_squared = hn::Mul(y[i], y[i]);
        const Vector product = hn::Mul(x[i], y[i]);
        // A pixel that has left goes on to infinity, unseen: its mask stays false.
        inside[i] = hn::And(inside[i], hn::Lt(hn::Add(x_squared, y_squared), four));
        count[i] = hn::Add(count[i], hn::IfThenElseZero(inside[i], one));
        x[i] = hn::Add(hn::Sub(x_squared, y_squared), c_real);
        y[i] = hn::Add(hn::Add(product, product), c_imaginary);
      }
    }
    done += now;
    auto any = inside[0];
    for (std::size_t i = 1; i < in_flight; ++i) any = hn::Or(any, inside[i]);
    if (hn::AllFalse(tag, any)) break;
  }
  for (std::size_t i = 0; i < in_flight; ++i) hn::StoreU(count[i], tag, counts + i * lanes);
}

}  // namespace

std::uint64_t count_steps(const JuliaImage& image, IndexRange pixels, std::uint32_t* counts) {
  std::uint64_t sum = 0;
  std::array<double, group> steps;
  for (std::uint64_t pixel = pixels.begin; pixel < pixels.end;) {
    const std::uint64_t row = pixel / image.width;
    const std::uint64_t column = pixel % image.width;
    const std::uint64_t wanted =
        std::min({std::uint64_t{group}, image.width - column, pixels.end - pixel});
    const double y = image.top - static_cast<double>(row) * image.step;
    count_group(image, static_cast<double>(column), y, steps.data());
    for (std::uint64_t i = 0; i < wanted; ++i) {
      const auto count = static_cast<std::uint32_t>(steps[i]);
      *counts++ = count;
      sum += count;
    }
    pixel += wanted;
  }
  return sum;
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(count_steps);

std::uint64_t count_steps_simd(const JuliaImage& image, IndexRange pixels, std::uint32_t* counts) {
  return HWY_DYNAMIC_DISPATCH(count_steps)(image, pixels, counts);
}

const RegisterJuliaVariant registered{{
    .name = "simd",
    .what = "a pixel a lane in SIMD by Highway, the level chosen at run time",
    .count_steps = count_steps_simd,
}};

}  // namespace
}  // namespace parlab
#endif  // HWY_ONCE
