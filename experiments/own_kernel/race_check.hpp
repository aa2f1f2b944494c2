#pragma once

#include <string>

#include "experiments/own_kernel/own_plan.hpp"

namespace parlab {

/// Computes the file's kernels on two threads under the thread sanitizer. Returns what was found in a
/// sentence: that there was no data race, or why none was looked for. Throws std::runtime_error for a
/// race, with the kernel and the lines of the file; UsageError where it takes too long; Interrupted.
std::string check_for_races(const OwnWords& words, const std::string& parameters);

}  // namespace parlab
