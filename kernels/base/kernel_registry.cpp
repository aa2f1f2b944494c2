#include "kernels/base/kernel_registry.hpp"

#include <tuple>
#include <utility>

#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

auto key_of(const KernelEntry& kernel) { return std::tie(kernel.name, kernel.variant); }

Registry<KernelEntry, key_of>& registry() {
  static Registry<KernelEntry, key_of> entries;
  return entries;
}

}  // namespace

RegisterKernel::RegisterKernel(KernelEntry entry) { registry().add(std::move(entry)); }

std::vector<KernelEntry> kernels() { return registry().all(); }

}  // namespace parlab
