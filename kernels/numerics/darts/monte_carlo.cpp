#include "kernels/numerics/darts/monte_carlo.hpp"

#include <algorithm>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

std::vector<DartVariant>& registry() {
  static std::vector<DartVariant> variants;
  return variants;
}

}  // namespace

RegisterDartVariant::RegisterDartVariant(DartVariant variant) {
  RegisterKernel({.name = "monte_carlo",
                  .variant = variant.name,
                  .what = variant.what,
                  .splittable = variant.splittable});
  registry().push_back(std::move(variant));
}

std::vector<DartVariant> dart_variants() {
  std::vector<DartVariant> sorted = registry();
  std::ranges::sort(sorted, {}, &DartVariant::name);
  return sorted;
}

const DartVariant& dart_variant(std::string_view name) {
  // Kept: to copy and sort them takes ten times what a call from Python costs otherwise.
  static const std::vector<DartVariant> variants = dart_variants();
  if (const auto found = std::ranges::find(variants, name, &DartVariant::name);
      found != variants.end())
    return *found;
  std::vector<std::string> names;
  for (const DartVariant& variant : variants) names.push_back(variant.name);
  throw UsageError(unknown_name("variant", std::string(name), names));
}

}  // namespace parlab
