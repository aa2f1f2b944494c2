#include "kernels/parallel/darts.hpp"

#include <functional>

namespace parlab {

std::uint64_t count_darts(Backend& backend, const Chunking& darts, DartKernel kernel,
                          std::uint64_t seed) {
  return map_reduce(
      backend, darts, std::uint64_t{0}, [=](IndexRange part) { return kernel(part, seed); },
      std::plus<>());
}

}  // namespace parlab
