#include "kernels/base/kernel_registry.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace parlab {
namespace {

std::vector<KernelEntry>& registry() {
  static std::vector<KernelEntry> entries;
  return entries;
}

}  // namespace

RegisterKernel::RegisterKernel(KernelEntry entry) { registry().push_back(std::move(entry)); }

std::vector<KernelEntry> kernels() {
  std::vector<KernelEntry> sorted = registry();
  std::ranges::sort(sorted, {}, [](const KernelEntry& k) { return std::tie(k.name, k.variant); });
  return sorted;
}

}  // namespace parlab
