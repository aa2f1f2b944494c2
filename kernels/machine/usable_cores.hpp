#pragma once

// How many workers can run at once: what the program, the C library and Python take for "all
// cores".

#include <filesystem>
#include <vector>

namespace parlab {

/// Logical processors that are switched on. `root` stands for "/".
std::vector<int> online_cpus(const std::filesystem::path& root = "/");

/// Those of them that the calling thread, and so the threads and processes that it starts, may run
/// on.
std::vector<int> allowed_cpus(const std::filesystem::path& root = "/");

/// Allowed processors, and no more than a container's CPU quota pays for in full, because a worker
/// beyond it would be stopped in the middle of a run: 1.5 cores are 1. At least 1.
int usable_cores(const std::filesystem::path& root = "/");

}  // namespace parlab
