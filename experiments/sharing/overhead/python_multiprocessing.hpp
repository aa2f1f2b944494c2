#pragma once

#include <optional>
#include <string>

#include "experiments/sharing/overhead/overhead_task.hpp"

namespace parlab {

/// Adds Python's multiprocessing.`type` to the methods of the task, where there is a Python. It is
/// asked by `line`, a function of the script and its whole numbers. `goal` is what parlab's speed
/// over it must be at least.
void add_python_method(OverheadTask& task, const std::string& type, const std::string& line,
                       std::optional<double> goal);

}  // namespace parlab
