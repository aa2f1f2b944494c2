#pragma once

// Which processors so many workers are given: close to each other, or far apart. Each is then bound to
// one of them (worker_places.hpp).

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

enum class Placement {
  none,     // all processors that there are
  compact,  // neighbours: the threads of one core, then the cores of one package
  spread,   // far apart: a core of each package, then further cores, then second threads of a core
};

/// Names of all placements, in the order above.
std::vector<std::string> placement_names();
std::string placement_name(Placement placement);
/// Throws UsageError. `what` names the text in the complaint: "--pin".
Placement placement_named(std::string_view what, std::string_view name);

/// The processors of so many workers, in ascending order: as many as workers, or all that the
/// calling thread may run on where those are fewer or there is no placement. What the kernel does
/// not tell of the topology counts as a core of its own. `root` stands for "/".
std::vector<int> placed_processors(Placement placement, int workers,
                                   const std::filesystem::path& root = "/");

}  // namespace parlab
