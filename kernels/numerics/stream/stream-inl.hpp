// Stores of many doubles in order, in Highway: through the cache or past it. Included once for each
// SIMD level.

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstdint>

#if defined(PARLAB_STREAM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARLAB_STREAM_INL
#undef PARLAB_STREAM_INL
#else
#define PARLAB_STREAM_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

/// target[i] = values(tag, i) for i in [0, count), where values gives those of as many elements from
/// i on as the tag has lanes. Stores past the cache are complete after hwy::FlushStream().
template <class Values>
HWY_INLINE void store_in_order(double* HWY_RESTRICT target, std::uint64_t count,
                               bool bypasses_cache, const Values& values) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<double> many;
  const hn::CappedTag<double, 1> one;
  const std::uint64_t lanes = hn::Lanes(many);
  std::uint64_t i = 0;
  if (bypasses_cache) {
    // Such stores are of whole vectors that are aligned.
    for (;
         i < count && reinterpret_cast<std::uintptr_t>(target + i) % (lanes * sizeof(double)) != 0;
         ++i)
      hn::StoreU(values(one, i), one, target + i);
    for (; i + lanes <= count; i += lanes) hn::Stream(values(many, i), many, target + i);
  } else {
    for (; i + lanes <= count; i += lanes) hn::StoreU(values(many, i), many, target + i);
  }
  for (; i < count; ++i) hn::StoreU(values(one, i), one, target + i);
}

}  // namespace
}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard of each SIMD level
