// simd and stream: explicit SIMD in Highway, for every level.
//
//   simd     one step a sweep. Where the plate is beyond the cache, rows are written past it, which
//            saves reading them first.
//   stream   moves the bytes of one step and computes nothing: the bound of all that sweeps once a
//            step (McCalpin, STREAM copy).

#include "kernels/numerics/diffusion/heat.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/diffusion/diffusion_simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/diffusion/diffusion_rows-inl.hpp"
#include "kernels/numerics/stream/stream-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {

void sweep_simd(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  sweep_once(from, to, rows, sweep);
}

void copy_rows(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
    const double* source = from[row];
    store_in_order(to[row], from.columns, sweep.bypasses_cache,
                   [source](auto tag, std::uint64_t j)
                       HWY_ATTR { return hn::LoadU(tag, source + j); });
  }
  if (sweep.bypasses_cache) hwy::FlushStream();
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(sweep_simd);
HWY_EXPORT(copy_rows);

const RegisterDiffusionVariant simd{{
    .name = "simd",
    .what = "one step a sweep in SIMD by Highway, written past the cache",
    .sweep =
        [](ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
          HWY_DYNAMIC_DISPATCH(sweep_simd)
          (from, to, rows, sweep);
        },
}};
const RegisterDiffusionVariant stream{{
    .name = "stream",
    .what = "copies the plate each step: the bound of those that sweep once a step",
    .sweep =
        [](ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
          HWY_DYNAMIC_DISPATCH(copy_rows)
          (from, to, rows, sweep);
        },
    .diffuses = false,
}};

}  // namespace
}  // namespace parlab
#endif  // HWY_ONCE
