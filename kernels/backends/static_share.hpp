#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// The contiguous share of worker `worker` when `count` things go to `workers` workers as evenly as
/// whole things can: the first count % workers workers get one more.
constexpr IndexRange static_share(std::uint64_t count, std::uint64_t workers,
                                  std::uint64_t worker) {
  const std::uint64_t each = count / workers;
  const std::uint64_t more = count % workers;
  const std::uint64_t begin = each * worker + std::min(worker, more);
  return {begin, begin + each + (worker < more ? 1 : 0)};
}

}  // namespace parlab
