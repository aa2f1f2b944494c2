#include "kernels/numerics/darts/monte_carlo.hpp"

#include <algorithm>
#include <utility>

#include "kernels/base/kernel_registry.hpp"

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

}  // namespace parlab
