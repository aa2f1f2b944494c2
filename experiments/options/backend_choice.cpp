#include "experiments/options/backend_choice.hpp"

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {

std::string kept_threads(const std::string& schedule) {
  return (find_entry(backends(), "openmp") ? "openmp:" : "threads:") + schedule;
}

std::string backends_of_threads() {
  std::string names;
  for (const BackendEntry& entry : backends())
    if (entry.name != "processes" && !entry.by_name_only)
      names += (names.empty() ? "" : ",") + entry.name;
  return names;
}

}  // namespace parlab
