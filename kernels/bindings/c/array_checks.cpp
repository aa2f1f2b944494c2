#include "kernels/bindings/c/array_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "kernels/base/errors.hpp"
#include "kernels/bindings/c/mappings.hpp"

namespace parlab {
namespace {

struct Type {
  const char* name;
  std::uint64_t bytes;
};

Type type_of(std::int32_t dtype) {
  switch (dtype) {
    case PARLAB_FLOAT64:
      return {"float64", 8};
    case PARLAB_UINT64:
      return {"uint64", 8};
    case PARLAB_UINT32:
      return {"uint32", 4};
    case PARLAB_UINT8:
      return {"uint8", 1};
    default:
      return {"an unknown type", 1};  // refused by its name; not 0, which nothing can be divided by
  }
}

/// Half of the address space: what no array can be larger than.
constexpr auto max_bytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_empty(const parlab_array& array) {
  for (int i = 0; i < array.dimensions; ++i)
    if (array.shape[i] == 0) return true;
  return false;
}

}  // namespace

void check_array(const parlab_array& array, const char* name, parlab_dtype dtype, int dimensions,
                 Access access) {
  const Type wanted = type_of(dtype);
  if (array.dtype != dtype)
    throw UsageError(fmt::format("{} holds {}, not {}: convert it", name, type_of(array.dtype).name,
                                 wanted.name));
  if (array.dimensions != dimensions)
    throw UsageError(
        fmt::format("{} has {} dimensions, not {}", name, array.dimensions, dimensions));
  if (array.shape == nullptr || array.strides == nullptr)
    throw UsageError(fmt::format("{}: shape or strides is NULL", name));
  if (access == Access::writes && array.writable == 0)
    throw UsageError(fmt::format("{} is read-only: pass an array that may be written", name));
  for (int i = 0; i < dimensions; ++i)
    if (array.shape[i] < 0)
      throw UsageError(fmt::format("{}: its shape has {} in it", name, array.shape[i]));
  if (is_empty(array)) return;
  std::uint64_t extent = wanted.bytes;  // of the part from dimension i on
  for (int i = dimensions - 1; i >= 0; --i) {
    const std::int64_t length = array.shape[i];
    const std::int64_t stride = array.strides[i];
    if (length == 1) continue;
    const bool contiguous = static_cast<std::uint64_t>(stride) == wanted.bytes;
    if (stride < 0 || static_cast<std::uint64_t>(stride) < extent ||
        static_cast<std::uint64_t>(stride) % wanted.bytes != 0 ||
        (i + 1 == dimensions && !contiguous))
      throw UsageError(
          fmt::format("{} is not contiguous: its strides are {}; elements of its last dimension "
                      "must lie side by "
                      "side, and rows may not overlap; copy it (numpy.ascontiguousarray)",
                      name, fmt::join(array.strides, array.strides + dimensions, ", ")));
    const std::uint64_t more = static_cast<std::uint64_t>(length) - 1;
    if (more > (max_bytes - extent) / static_cast<std::uint64_t>(stride))
      throw UsageError(fmt::format("{}: its shape is larger than the address space", name));
    extent += more * static_cast<std::uint64_t>(stride);
  }
  if (array.data == nullptr) throw UsageError(fmt::format("{}: data is NULL", name));
  const auto address = reinterpret_cast<std::uintptr_t>(array.data);
  if (address % wanted.bytes != 0)
    throw UsageError(
        fmt::format("{} is not aligned to its elements of {} bytes: copy it", name, wanted.bytes));
  if (address > std::numeric_limits<std::uintptr_t>::max() - extent)
    throw UsageError(fmt::format("{} reaches beyond the address space", name));
}

std::uint64_t extent(const parlab_array& array) {
  if (is_empty(array)) return 0;
  std::uint64_t extent = type_of(array.dtype).bytes;
  for (int i = 0; i < array.dimensions; ++i)
    if (array.shape[i] > 1)
      extent += static_cast<std::uint64_t>(array.shape[i] - 1) *
                static_cast<std::uint64_t>(array.strides[i]);
  return extent;
}

void check_apart(const parlab_array& a, const char* name_a, const parlab_array& b,
                 const char* name_b) {
  const auto begin_a = reinterpret_cast<std::uintptr_t>(a.data);
  const auto begin_b = reinterpret_cast<std::uintptr_t>(b.data);
  if (begin_a < begin_b + extent(b) && begin_b < begin_a + extent(a))
    throw UsageError(
        fmt::format("{} and {} overlap: pass another array for {}", name_a, name_b, name_b));
  if (is_mapped_twice(a.data, extent(a), b.data, extent(b)))
    throw UsageError(fmt::format(
        "{} and {} overlap: they are the same memory, mapped twice; pass another array for {}",
        name_a, name_b, name_b));
}

}  // namespace parlab
