#include "kernels/numerics/julia/julia_set.hpp"

#include <algorithm>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

std::vector<JuliaVariant>& registry() {
  static std::vector<JuliaVariant> variants;
  return variants;
}

}  // namespace

RegisterJuliaVariant::RegisterJuliaVariant(JuliaVariant variant) {
  RegisterKernel({.name = "julia", .variant = variant.name, .what = variant.what});
  registry().push_back(std::move(variant));
}

std::vector<JuliaVariant> julia_variants() {
  std::vector<JuliaVariant> sorted = registry();
  std::ranges::sort(sorted, {}, &JuliaVariant::name);
  return sorted;
}

JuliaVariant julia_variant(const std::string& name) {
  std::vector<std::string> names;
  for (JuliaVariant& variant : julia_variants()) {
    if (variant.name == name) return std::move(variant);
    names.push_back(variant.name);
  }
  throw UsageError(unknown_name("variant", name, names));
}

}  // namespace parlab
