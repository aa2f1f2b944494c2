// Vectors in arrays and structures, and how many lanes one has, for every SIMD level. Included once for
// each, hence the guard that toggles.
//
// A vector of SVE is as long as the processor says, so its type has no size, and arrays cannot hold it.
// A build for SVE is therefore for one length (PARLAB_SVE_BITS, kernels/setup/libraries.cmake), whose
// vectors the compiler turns into those without a size and back.
//
// Source: Arm C Language Extensions for SVE, "Fixed-length SVE types".

#if defined(PARLAB_KEPT_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARLAB_KEPT_VECTORS_INL
#undef PARLAB_KEPT_VECTORS_INL
#else
#define PARLAB_KEPT_VECTORS_INL
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {

#if HWY_HAVE_SCALABLE

#if !defined(__ARM_FEATURE_SVE_BITS) || __ARM_FEATURE_SVE_BITS == 0
#error "build for one length of vectors: PARLAB_SVE_BITS"
#endif

template <class Vector>
struct KeptAs;
#define PARLAB_KEPT_AS(vector)                                                        \
  template <>                                                                         \
  struct KeptAs<vector> {                                                             \
    using type = vector __attribute__((arm_sve_vector_bits(__ARM_FEATURE_SVE_BITS))); \
  }
PARLAB_KEPT_AS(svuint16_t);
PARLAB_KEPT_AS(svuint64_t);
PARLAB_KEPT_AS(svfloat64_t);
PARLAB_KEPT_AS(svbool_t);
#undef PARLAB_KEPT_AS

/// What an array or a structure holds of vectors, or masks, of this type.
template <class Vector>
using Kept = typename KeptAs<Vector>::type;

/// Lanes of a vector of Lane.
template <class Lane>
inline constexpr std::size_t lanes_of = __ARM_FEATURE_SVE_BITS / (8 * sizeof(Lane));

#else

template <class Vector>
using Kept = Vector;

template <class Lane>
inline constexpr std::size_t lanes_of = HWY_LANES(Lane);

#endif

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard of each SIMD level
