#pragma once

// Names of segments in /dev/shm, which tell whose they are: parlab-PID-START-SPACE-RANDOM. START is
// when that process started (/proc/PID/stat, clock ticks since boot), SPACE its namespace of
// process numbers. So a segment whose creator was killed is known for certain, and swept by the
// next run.

#include <cstddef>
#include <string>
#include <vector>

namespace parlab {

/// A name that no other segment has, of this process.
std::string new_segment_name();

/// Removes the segments of processes that are dead, and returns their names. Those of other
/// programs, of other namespaces, and of the living stay. The first SharedArray with a name in a
/// process calls it; more often does no harm.
std::vector<std::string> sweep_leaked_segments();

}  // namespace parlab
