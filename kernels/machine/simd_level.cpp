#include "kernels/machine/simd_level.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/machine/simd_level.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
const char* level_name() { return hwy::TargetName(HWY_TARGET); }
}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(level_name);

/// As supported_simd_levels, as Highway's bits. Read once, before anything can be forced.
const std::vector<std::int64_t>& supported_targets() {
  static const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
  return targets;
}

/// Targets that have the name of what they are a part of, best first.
constexpr std::int64_t avx512_targets = (HWY_AVX3 << 1) - 1;  // AVX3 and what extends it
#if HWY_ARCH_X86
constexpr std::int64_t sse2_targets = ~((HWY_SSSE3 << 1) - 1);  // all below SSSE3
#else
constexpr std::int64_t sse2_targets = 0;
#endif

bool same_name(std::string_view one, const char* other) {
  return strcasecmp(std::string(one).c_str(), other) == 0;
}

/// By its name, or that of a group, in whatever case.
std::optional<std::int64_t> target_named(std::string_view level) {
  std::int64_t group = 0;
  if (same_name(level, "AVX512")) group = avx512_targets;
  if (same_name(level, "SSE2")) group = sse2_targets;
  for (const std::int64_t target : supported_targets())
    if (same_name(level, hwy::TargetName(target)) || (target & group) != 0) return target;
  return std::nullopt;
}

/// What the variable held at the first question; empty counts as not set.
const std::string& named_by_environment() {
  static const std::string level = [] {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets the environment
    const char* value = std::getenv(simd_variable);
    return std::string(value == nullptr ? "" : value);
  }();
  return level;
}

std::optional<std::int64_t> target_of_environment() {
  return named_by_environment().empty() ? std::nullopt : target_named(named_by_environment());
}

/// A build for SVE has the length of the vectors in its code.
void check_vector_length() {
#if defined(__ARM_FEATURE_SVE_BITS) && __ARM_FEATURE_SVE_BITS > 0
  const int length = prctl(PR_SVE_GET_VL);  // bytes and flags; -1: no SVE
  const int bits = length < 0 ? 0 : 8 * (length & PR_SVE_VL_LEN_MASK);
  if (bits != __ARM_FEATURE_SVE_BITS)
    throw UsageError(
        fmt::format("this build is for SVE of {} bits, and the processor has {}: build with "
                    "-DPARLAB_SVE_BITS={}",
                    __ARM_FEATURE_SVE_BITS, bits, bits == 0 ? "" : fmt::to_string(bits)));
#endif
}

void follow_environment() { hwy::SetSupportedTargetsForTest(target_of_environment().value_or(0)); }

// Before any kernel can run.
[[maybe_unused]] const bool followed = (follow_environment(), true);

}  // namespace

std::string simd_level() { return HWY_DYNAMIC_DISPATCH(level_name)(); }

std::vector<std::string> supported_simd_levels() {
  std::vector<std::string> names;
  for (const std::int64_t target : supported_targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

std::string simd_level_named(std::string_view name) {
  const auto target = target_named(name);
  if (!target) throw UsageError(unknown_name("SIMD level", name, supported_simd_levels()));
  return hwy::TargetName(*target);
}

void force_simd_level(std::string_view level) {
  hwy::SetSupportedTargetsForTest(*target_named(simd_level_named(level)));
}

void unforce_simd_level() { follow_environment(); }

std::string simd_level_of_environment() {
  const auto target = target_of_environment();
  return target ? hwy::TargetName(*target) : "";
}

void check_simd_level_of_environment() {
  check_vector_length();
  if (named_by_environment().empty() || target_of_environment()) return;
  throw UsageError(fmt::format(
      "{}: this build and processor have no SIMD level '{}'; name one of {}, or unset it",
      simd_variable, named_by_environment(), fmt::join(supported_simd_levels(), ", ")));
}

}  // namespace parlab
#endif  // HWY_ONCE
