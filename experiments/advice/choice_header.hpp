#pragma once

#include <string>

#include "experiments/advice/advice.hpp"

namespace parlab {

/// A C++17 header that runs a loop as advised, in plain OpenMP, oneTBB, parallel STL or std::thread
/// code: it needs no parlab. `origin` says what was measured and where, in a line.
std::string choice_header(const Advice& advice, const std::string& origin);

}  // namespace parlab
