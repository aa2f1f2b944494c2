#pragma once

// A processor for each worker. Backends start their threads in their own ways, mostly out of reach,
// so a thread takes a place itself, when it computes its first chunk, and keeps it to its end: kept
// threads pay once, others at each start.

#include <vector>

namespace parlab {

/// From now on workers of this process are bound to these processors, one each; more workers than
/// processors share them. Called before any backend is made.
void set_worker_places(const std::vector<int>& processors);

bool has_worker_places();

/// Binds the calling thread to a place that no other thread has, unless it has one. Requires
/// has_worker_places().
void take_worker_place();

/// The place of worker number `worker`, for one that is a process of its own. Does nothing without
/// places.
void take_worker_place(int worker);

/// Lets the calling thread run on all places again: before it starts threads, which would begin
/// where it is bound. Does nothing where it has no place.
void leave_worker_place();

}  // namespace parlab
