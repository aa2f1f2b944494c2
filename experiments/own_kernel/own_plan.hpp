#pragma once

// What `parlab run own` races: each function of the file, compiled in each way, with each value of
// its parameters.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/own_kernel/array_image.hpp"
#include "experiments/own_kernel/own_kernel.hpp"

namespace parlab {

/// The options of `own`, as they were typed.
struct OwnWords {
  std::string file, flags, flags_axis, compilers, sizes, tile, tolerance = "1e-9";
  std::vector<std::string> set;
};

/// Blocks that a grid is cut into; 0 rows: it is cut by whole rows.
struct Tile {
  std::uint64_t rows = 0, columns = 0;

  friend bool operator==(const Tile&, const Tile&) = default;
};

/// One function with everything set: one case of the race.
struct OwnPlan {
  Workload workload;
  std::shared_ptr<const OwnKernel> own;
  std::size_t variant = 0;
  Tile tile;
  std::shared_ptr<SharedImage> image;                      // of the arrays after a serial run
  std::shared_ptr<const OwnKernel> first_build = nullptr;  // that this one is compared with
};

/// Compiles the file in each way and asks it for its functions. Throws UsageError, Interrupted.
std::vector<OwnPlan> own_plans(const OwnWords& words);

/// "1e-9", or "1e-9,1e-12": relative and absolute. Throws UsageError.
Tolerance tolerance_of(const std::string& words);

}  // namespace parlab
