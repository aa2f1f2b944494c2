// The four operations in SIMD by Highway, for every level.

#include "kernels/numerics/stream/stream_operations.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/stream/stream_simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/stream/stream-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {

/// `values(tag, i)` as store_in_order() takes it, for elements from elements.begin on.
template <class Values>
HWY_INLINE void compute(double* target, IndexRange elements, Stores stores, const Values& values) {
  store_in_order(target + elements.begin, elements.size(), stores == Stores::bypass, values);
  if (stores == Stores::bypass) hwy::FlushStream();
}

void stream_copy(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  const double* a = arrays.a + elements.begin;
  compute(arrays.c, elements, stores, [a](auto tag, std::uint64_t i) HWY_ATTR {
    return hwy::HWY_NAMESPACE::LoadU(tag, a + i);
  });
}

void stream_scale(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  const double* c = arrays.c + elements.begin;
  compute(arrays.b, elements, stores, [c](auto tag, std::uint64_t i) HWY_ATTR {
    namespace hn = hwy::HWY_NAMESPACE;
    return hn::Mul(hn::Set(tag, stream_factor), hn::LoadU(tag, c + i));
  });
}

void stream_add(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  const double* a = arrays.a + elements.begin;
  const double* b = arrays.b + elements.begin;
  compute(arrays.c, elements, stores, [a, b](auto tag, std::uint64_t i) HWY_ATTR {
    namespace hn = hwy::HWY_NAMESPACE;
    return hn::Add(hn::LoadU(tag, a + i), hn::LoadU(tag, b + i));
  });
}

void stream_triad(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  const double* b = arrays.b + elements.begin;
  const double* c = arrays.c + elements.begin;
  compute(arrays.a, elements, stores, [b, c](auto tag, std::uint64_t i) HWY_ATTR {
    namespace hn = hwy::HWY_NAMESPACE;
    return hn::Add(hn::LoadU(tag, b + i),
                   hn::Mul(hn::Set(tag, stream_factor), hn::LoadU(tag, c + i)));
  });
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

HWY_EXPORT(stream_copy);
HWY_EXPORT(stream_scale);
HWY_EXPORT(stream_add);
HWY_EXPORT(stream_triad);

void copy(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  HWY_DYNAMIC_DISPATCH(stream_copy)(arrays, elements, stores);
}
void scale(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  HWY_DYNAMIC_DISPATCH(stream_scale)(arrays, elements, stores);
}
void add(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  HWY_DYNAMIC_DISPATCH(stream_add)(arrays, elements, stores);
}
void triad(const StreamArrays& arrays, IndexRange elements, Stores stores) {
  HWY_DYNAMIC_DISPATCH(stream_triad)(arrays, elements, stores);
}

}  // namespace

const std::vector<StreamOperation>& stream_operations() {
  static const std::vector<StreamOperation> operations = {
      {"copy", "c = a", "a", 'c', 0, copy},
      {"scale", "b = 3 c", "c", 'b', 1, scale},
      {"add", "c = a + b", "ab", 'c', 1, add},
      {"triad", "a = b + 3 c", "bc", 'a', 2, triad},
  };
  return operations;
}

const StreamOperation& stream_operation(const std::string& name) {
  return entry_named(stream_operations(), "operation", name);
}

namespace {

const bool registered = [] {
  for (const StreamOperation& operation : stream_operations())
    RegisterKernel({.name = "stream", .variant = operation.name, .what = operation.what});
  return true;
}();

}  // namespace
}  // namespace parlab
#endif  // HWY_ONCE
