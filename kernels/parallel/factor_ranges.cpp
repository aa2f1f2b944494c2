#include "kernels/parallel/factor_ranges.hpp"

#include <algorithm>

#include "kernels/backends/search/search.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"

namespace parlab {

IndexRange divisors_of(std::uint64_t n) {
  return {2, std::max<std::uint64_t>(integer_sqrt(n) + 1, 2)};
}

std::uint64_t smallest_factor(Backend& backend, const Chunking& divisors, FactorSearch search,
                              std::uint64_t n, FunctionRef<bool()> stop) {
  SharedMinimum lowest;
  const std::uint64_t hit =
      find_first(backend, divisors, lowest, [&](IndexRange part, const SharedMinimum& low) {
        const std::uint64_t factor =
            search(n, part, [&] { return low.get() < part.begin || stop(); });
        return factor == 0 ? not_found : factor;
      });
  return hit == not_found ? n : hit;
}

}  // namespace parlab
