#pragma once

// One memory may lie at two addresses: a file, or shared memory, that was mapped twice.

#include <cstdint>

namespace parlab {

/// Whether a write to [to, to + to_bytes) can change a byte of [from, from + from_bytes) although
/// the addresses differ. Costs nothing for small ranges that lie apart within their pages, a system
/// call where `to` is private to the process, and a look at /proc/self/maps (some 0.1 ms) where it
/// is shared. Without /proc it is false.
bool is_mapped_twice(const void* from, std::uint64_t from_bytes, const void* to,
                     std::uint64_t to_bytes);

}  // namespace parlab
