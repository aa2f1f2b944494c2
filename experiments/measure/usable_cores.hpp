#pragma once

#include <string>

namespace parlab {

/// Cores that this process may use at once: its affinity mask, cut by a container's CPU quota.
int usable_cores();

/// 1, 2, 4, ... and the usable cores, as --workers takes them: "1,2".
std::string worker_counts();

}  // namespace parlab
