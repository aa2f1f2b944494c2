#include "kernels/numerics/simd_level.hpp"

#include <algorithm>
#include <cstdint>

#include "kernels/errors.hpp"
#include "kernels/nearest_name.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/simd_level.cpp"
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

}  // namespace

std::string simd_level() { return HWY_DYNAMIC_DISPATCH(level_name)(); }

std::vector<std::string> supported_simd_levels() {
  std::vector<std::string> names;
  for (const std::int64_t target : supported_targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void force_simd_level(std::string_view level) {
  const auto& targets = supported_targets();
  const auto found = std::ranges::find(targets, level, [](std::int64_t target) {
    return std::string_view(hwy::TargetName(target));
  });
  if (found == targets.end())
    throw UsageError(unknown_name("SIMD level", level, supported_simd_levels()));
  hwy::SetSupportedTargetsForTest(*found);
}

void unforce_simd_level() { hwy::SetSupportedTargetsForTest(0); }

}  // namespace parlab
#endif  // HWY_ONCE
