#include "kernels/parallel/grain.hpp"

#include <algorithm>

namespace parlab {

std::uint64_t automatic_grain(std::uint64_t size, int workers, const GrainLimits& limits) {
  const std::uint64_t chunks = chunks_per_worker * static_cast<std::uint64_t>(workers);
  const std::uint64_t even = size / chunks + (size % chunks != 0 ? 1 : 0);
  const std::uint64_t least = std::max<std::uint64_t>(limits.min, 1);
  const std::uint64_t grain = std::clamp(even, least, std::max(least, limits.max));
  const std::uint64_t rest = grain % limits.step;
  const std::uint64_t missing = rest == 0 ? 0 : limits.step - rest;
  return grain + std::min(missing, std::numeric_limits<std::uint64_t>::max() - grain);
}

}  // namespace parlab
