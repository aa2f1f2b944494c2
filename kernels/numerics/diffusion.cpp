#include "kernels/numerics/diffusion.hpp"

#include <algorithm>
#include <utility>

#include "kernels/errors.hpp"
#include "kernels/kernel_registry.hpp"
#include "kernels/nearest_name.hpp"

namespace parlab {
namespace {

std::vector<DiffusionVariant>& registry() {
  static std::vector<DiffusionVariant> variants;
  return variants;
}

}  // namespace

RegisterDiffusionVariant::RegisterDiffusionVariant(DiffusionVariant variant) {
  RegisterKernel({.name = "diffusion", .variant = variant.name, .what = variant.what});
  registry().push_back(std::move(variant));
}

std::vector<DiffusionVariant> diffusion_variants() {
  std::vector<DiffusionVariant> sorted = registry();
  std::ranges::sort(sorted, {}, &DiffusionVariant::name);
  return sorted;
}

Edges edges_named(const std::string& name) {
  if (name == "fixed") return Edges::fixed;
  if (name == "periodic") return Edges::periodic;
  throw UsageError(unknown_name("kind of edges", name, {"fixed", "periodic"}));
}

DiffusionVariant diffusion_variant(const std::string& name) {
  std::vector<std::string> names;
  for (DiffusionVariant& variant : diffusion_variants()) {
    if (variant.name == name) return std::move(variant);
    names.push_back(variant.name);
  }
  throw UsageError(unknown_name("variant", name, names));
}

}  // namespace parlab
