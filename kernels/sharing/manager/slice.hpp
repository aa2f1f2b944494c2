#pragma once

// Part of a list, as Python's list[start:stop:step].

#include <cstdint>
#include <optional>

#include "kernels/sharing/manager/proxy.hpp"

namespace parlab {

/// From `start` up to, not including, `stop`, every `step`th. Below 0 they count from the end, and
/// backwards; beyond the ends they mean the ends; none: the whole way.
struct ManagedSlice {
  std::optional<WholeNumber> start = {};
  std::optional<WholeNumber> stop = {};
  WholeNumber step = 1;  // not 0
};

/// Where a slice's values are in a list of `size`.
struct SlicePlaces {
  std::int64_t first;
  std::int64_t step;
  std::int64_t count;
};
/// [start, stop, step], each of which may be null. Throws std::invalid_argument.
SlicePlaces resolve_slice(const ManagedData& slice, std::int64_t size);

}  // namespace parlab
