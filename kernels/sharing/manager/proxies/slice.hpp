#pragma once

// Part of a list, as Python's list[start:stop:step].

#include <cstdint>
#include <optional>

#include "kernels/sharing/manager/proxies/manager_proxy.hpp"

namespace parlab {

/// From `start` up to, not including, `stop`, every `step`th. Below 0 they count from the end, and
/// backwards; beyond the ends they mean the ends; none: the whole way.
struct ManagedSlice {
  std::optional<WholeNumber> start = {};
  std::optional<WholeNumber> stop = {};
  WholeNumber step = 1;  // not 0
};

}  // namespace parlab
