#include "kernels/numerics/histogram/key_counts.hpp"

#include <atomic>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

void count_alone(const std::uint32_t* list, IndexRange keys, std::uint32_t* counts) {
  for (std::uint64_t i = keys.begin; i < keys.end; ++i) ++counts[list[i]];
}

void count_together(const std::uint32_t* list, IndexRange keys, std::uint32_t* counts) {
  for (std::uint64_t i = keys.begin; i < keys.end; ++i)
    std::atomic_ref(counts[list[i]]).fetch_add(1, std::memory_order_relaxed);
}

struct Choice {
  const char* name;
  KeyChoice choice;
};
constexpr Choice choices[] = {{"uniform", KeyChoice::uniform}, {"skewed", KeyChoice::skewed}};

}  // namespace

const std::vector<HistogramVariant>& histogram_variants() {
  static const std::vector<HistogramVariant> variants = {
      {"partials", "each chunk counts in a table of its own, which are added up", count_alone},
      {"atomic", "all chunks count in one table by atomic additions", count_together, true},
  };
  return variants;
}

const HistogramVariant& histogram_variant(const std::string& name) {
  return entry_named(histogram_variants(), "variant", name);
}

KeyChoice key_choice_named(const std::string& name) {
  return entry_named(choices, "choice of keys", name).choice;
}

namespace {

const bool registered = [] {
  for (const HistogramVariant& variant : histogram_variants())
    RegisterKernel({.name = "histogram", .variant = variant.name, .what = variant.what});
  return true;
}();

}  // namespace
}  // namespace parlab
