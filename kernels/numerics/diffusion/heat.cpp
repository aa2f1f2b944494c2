#include "kernels/numerics/diffusion/heat.hpp"

#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

Registry<DiffusionVariant>& registry() {
  static Registry<DiffusionVariant> variants;
  return variants;
}

}  // namespace

RegisterDiffusionVariant::RegisterDiffusionVariant(DiffusionVariant variant) {
  RegisterKernel({.name = "diffusion", .variant = variant.name, .what = variant.what});
  registry().add(std::move(variant));
}

std::vector<DiffusionVariant> diffusion_variants() { return registry().all(); }

Edges edges_named(const std::string& name) {
  if (name == "fixed") return Edges::fixed;
  if (name == "periodic") return Edges::periodic;
  throw UsageError(unknown_name("kind of edges", name, {"fixed", "periodic"}));
}

DiffusionVariant diffusion_variant(const std::string& name) {
  return entry_named(registry().all(), "variant", name);
}

}  // namespace parlab
