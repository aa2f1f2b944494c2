#include "kernels/numerics/darts/monte_carlo.hpp"

#include <utility>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

Registry<DartVariant>& registry() {
  static Registry<DartVariant> variants;
  return variants;
}

}  // namespace

RegisterDartVariant::RegisterDartVariant(DartVariant variant) {
  RegisterKernel({.name = "monte_carlo",
                  .variant = variant.name,
                  .what = variant.what,
                  .splittable = variant.splittable});
  registry().add(std::move(variant));
}

std::vector<DartVariant> dart_variants() { return registry().all(); }

const DartVariant& dart_variant(std::string_view name) {
  return entry_named(registry().all(), "variant", name);
}

}  // namespace parlab
