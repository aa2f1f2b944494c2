#pragma once

// Which process this is, as far as managers' clients are concerned: counted up in each forked
// child, where the connections that were copied are given up.

#include <cstdint>

#include "kernels/posix/mutex.hpp"

namespace parlab {

class ClientConnection;

namespace client_processes {

/// 0 in the first process, 1 in its forked children, and so on.
std::uint64_t generation();

void add(ClientConnection& connection);
void remove(ClientConnection& connection);

/// Held while a process forks, so that a child never starts amid a change.
RecursiveMutex& lock();

}  // namespace client_processes
}  // namespace parlab
