#pragma once

#include <string>

#include "kernels/machine/usable_cores.hpp"

namespace parlab {

/// 1, 2, 4, ... and the usable cores, as --workers takes them: "1,2".
std::string worker_counts();

}  // namespace parlab
