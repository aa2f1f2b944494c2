#include "kernels/numerics/julia/julia_set.hpp"

#include <utility>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

Registry<JuliaVariant>& registry() {
  static Registry<JuliaVariant> variants;
  return variants;
}

}  // namespace

RegisterJuliaVariant::RegisterJuliaVariant(JuliaVariant variant) {
  RegisterKernel({.name = "julia", .variant = variant.name, .what = variant.what});
  registry().add(std::move(variant));
}

std::vector<JuliaVariant> julia_variants() { return registry().all(); }

JuliaVariant julia_variant(const std::string& name) {
  return entry_named(registry().all(), "variant", name);
}

}  // namespace parlab
