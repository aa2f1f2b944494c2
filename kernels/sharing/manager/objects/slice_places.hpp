#pragma once

// Where the values of a list[start:stop:step] are, as CPython finds them.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace parlab {

/// Where a slice's values are in a list of `size`.
struct SlicePlaces {
  std::int64_t first;
  std::int64_t step;
  std::int64_t count;
};
/// [start, stop, step], each of which may be null. Throws std::invalid_argument.
SlicePlaces resolve_slice(const nlohmann::json& slice, std::int64_t size);

}  // namespace parlab
