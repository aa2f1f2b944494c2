#include "kernels/parallel/grain.hpp"

#include <algorithm>

namespace parlab {

namespace {

std::uint64_t quotient_up(std::uint64_t n, std::uint64_t parts) {
  return n / parts + (n % parts != 0 ? 1 : 0);
}

}  // namespace

std::uint64_t automatic_grain(std::uint64_t size, int workers, const GrainLimits& limits) {
  const auto all = static_cast<std::uint64_t>(workers);
  const std::uint64_t even = quotient_up(size, chunks_per_worker * all);
  const std::uint64_t least = std::max<std::uint64_t>(limits.min, 1);
  std::uint64_t grain = std::clamp(even, least, std::max(least, limits.max));
  // Of few chunks each worker should have as many: with one more for some, the others wait for it.
  if (even < least) {
    const std::uint64_t for_each = std::max<std::uint64_t>(size / all / least, 1);
    grain = std::max(grain, quotient_up(quotient_up(size, all), for_each));
  }
  const std::uint64_t rest = grain % limits.step;
  const std::uint64_t missing = rest == 0 ? 0 : limits.step - rest;
  return grain + std::min(missing, std::numeric_limits<std::uint64_t>::max() - grain);
}

}  // namespace parlab
