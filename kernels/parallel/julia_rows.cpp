#include "kernels/parallel/julia_rows.hpp"

#include <algorithm>
#include <functional>

namespace parlab {

GrainLimits julia_grain(const JuliaImage& image) {
  constexpr std::uint64_t steps = 30'000'000;  // some 10 ms
  constexpr std::uint64_t lanes = 16;          // fewer pixels than a vector holds waste it
  const std::uint64_t max =
      std::max<std::uint64_t>(lanes, steps / (std::uint64_t{image.max_steps} + 1));
  return {.min = std::min<std::uint64_t>(4096, max), .max = max};
}

std::uint64_t count_steps(const JuliaImage& image, IndexRange pixels, JuliaKernel kernel,
                          JuliaCounts counts) {
  if (counts.stride == image.width) return kernel(image, pixels, counts.first + pixels.begin);
  std::uint64_t steps = 0;
  while (!pixels.empty()) {  // row by row, for these lie apart
    const std::uint64_t row = pixels.begin / image.width;
    const std::uint64_t end = std::min(pixels.end, (row + 1) * image.width);
    std::uint32_t* out = counts.first + row * counts.stride + pixels.begin % image.width;
    steps += kernel(image, {pixels.begin, end}, out);
    pixels.begin = end;
  }
  return steps;
}

std::uint64_t draw_julia(Backend& backend, const Chunking& pixels, const JuliaImage& image,
                         JuliaKernel kernel, JuliaCounts counts) {
  return map_reduce(
      backend, pixels, std::uint64_t{0},
      [&](IndexRange part) { return count_steps(image, part, kernel, counts); }, std::plus<>());
}

}  // namespace parlab
