#pragma once

// Backends that an experiment chooses where the user names none.

#include <string>

namespace parlab {

/// A backend that keeps its threads awake between runs, on a schedule that each has: "static" or
/// "dynamic". New ones may share a core for their first milliseconds.
std::string kept_threads(const std::string& schedule);

/// All backends but processes and those that run by name only, as --backend takes them: for runs of
/// many short parts, each of which would fork.
std::string backends_of_threads();

}  // namespace parlab
