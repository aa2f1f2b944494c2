#pragma once

// A function of a kernel file on a backend, as an arm.

#include "experiments/base/experiment.hpp"
#include "experiments/own_kernel/own_plan.hpp"

namespace parlab {

/// Loads the file and makes the arm ready. Its answer is compared outside the time, and so are the
/// arrays, with plan.image. Throws std::runtime_error where the backend's workers are processes and
/// the kernel writes to what they do not share.
OpenedArm open_own_arm(const OwnPlan& plan, const Arm& arm, const Tolerance& of_arrays);

}  // namespace parlab
