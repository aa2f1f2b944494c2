#pragma once

// Waiting for the first of many: connections with something to receive, processes that ended, any
// file descriptor that is readable or at its end.
//
//   for (std::size_t i : wait({connection.fileno(), process.sentinel()}, 1s)) ...

#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include "kernels/sharing/deadline.hpp"

namespace parlab {

/// Positions in `descriptors` of those that are ready; none where the deadline passed first.
/// Throws std::invalid_argument for a negative one, or for none without a deadline,
/// std::system_error for one that is closed, and Interrupted (InterruptionScope).
std::vector<std::size_t> wait(std::span<const int> descriptors, Deadline deadline = {});
std::vector<std::size_t> wait(std::initializer_list<int> descriptors, Deadline deadline = {});

}  // namespace parlab
