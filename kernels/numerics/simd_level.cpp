#include "kernels/numerics/simd_level.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

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

constexpr char variable[] = "PARLAB_SIMD";

/// By its name, in whatever case.
std::optional<std::int64_t> target_named(std::string_view level) {
  const std::string name(level);
  for (const std::int64_t target : supported_targets())
    if (strcasecmp(hwy::TargetName(target), name.c_str()) == 0) return target;
  return std::nullopt;
}

/// What the variable held at the first question; empty counts as not set.
const std::string& named_by_environment() {
  static const std::string level = [] {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets the environment
    const char* value = std::getenv(variable);
    return std::string(value == nullptr ? "" : value);
  }();
  return level;
}

std::optional<std::int64_t> target_of_environment() {
  return named_by_environment().empty() ? std::nullopt : target_named(named_by_environment());
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

void force_simd_level(std::string_view level) {
  const auto target = target_named(level);
  if (!target) throw UsageError(unknown_name("SIMD level", level, supported_simd_levels()));
  hwy::SetSupportedTargetsForTest(*target);
}

void unforce_simd_level() { follow_environment(); }

std::string simd_level_of_environment() {
  const auto target = target_of_environment();
  return target ? hwy::TargetName(*target) : "";
}

void check_simd_level_of_environment() {
  if (named_by_environment().empty() || target_of_environment()) return;
  throw UsageError(fmt::format(
      "{}: this build and processor have no SIMD level '{}'; name one of {}, or unset it", variable,
      named_by_environment(), fmt::join(supported_simd_levels(), ", ")));
}

}  // namespace parlab
#endif  // HWY_ONCE
