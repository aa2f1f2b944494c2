#include "experiments/commands/figure.hpp"

#include <array>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {

Figure figure_named(const std::string& name) {
  const std::array<Figure, 5> figures = {{{"wall", "time", {}},
                                          {"cpu", "CPU time", {"cpu_seconds", 1e-6}},
                                          {"memory", "peak memory", {"peak_bytes", 1}},
                                          {"switches", "context switches", {"context_switches", 1}},
                                          {"faults", "page faults", {"page_faults", 1}}}};
  std::vector<std::string> names;
  for (const Figure& figure : figures) {
    if (figure.name == name) return figure;
    names.emplace_back(figure.name);
  }
  throw UsageError(unknown_name("--metric", name, names));
}

}  // namespace parlab
