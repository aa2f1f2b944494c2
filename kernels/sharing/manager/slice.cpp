#include "kernels/sharing/manager/slice.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "kernels/sharing/manager/served_arguments.hpp"

namespace parlab {

// As PySlice_AdjustIndices of CPython does.
SlicePlaces resolve_slice(const ManagedData& slice, std::int64_t size) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const std::int64_t step =
      slice[2].is_null() ? 1 : std::max(whole_number(slice[2], "a slice's step"), -most);
  if (step == 0) throw std::invalid_argument("a slice's step is not 0");
  // Before the first place, or on it; on the last, or behind it.
  const std::int64_t low = step < 0 ? -1 : 0;
  const std::int64_t high = step < 0 ? size - 1 : size;
  const auto end = [&](const ManagedData& given, std::int64_t otherwise, const char* what) {
    if (given.is_null()) return otherwise;
    const std::int64_t at = whole_number(given, what);
    return std::clamp(at < 0 ? at + size : at, low, high);
  };
  const std::int64_t start = end(slice[0], step < 0 ? high : low, "a slice's start");
  const std::int64_t stop = end(slice[1], step < 0 ? low : high, "a slice's stop");
  std::int64_t count = 0;
  if (step < 0 && stop < start) count = (start - stop - 1) / -step + 1;
  if (step > 0 && start < stop) count = (stop - start - 1) / step + 1;
  return {start, step, count};
}

}  // namespace parlab
