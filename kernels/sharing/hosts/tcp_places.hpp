#pragma once

// Hosts and ports, and what every connection between machines needs: an end to waiting for one
// that is no longer there.

#include <netdb.h>

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// A list, in the order in which they are to be tried.
using TcpPlaces = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// `host`: a name or an address, [::1] as well as ::1. `flags`: as for getaddrinfo. Throws
/// UsageError where the host has no address.
TcpPlaces look_up_tcp(std::string host, const std::string& port, int flags = 0);

/// Whether all of them are this machine's own (127.0.0.0/8, ::1), so that nothing leaves it.
bool all_loopback(const TcpPlaces& places);

/// A connected socket that blocks, of the first that answers; empty, with errno, where none does
/// before the deadline.
FileDescriptor connect_tcp(const TcpPlaces& places, Deadline deadline);

/// Until poll() tells one of `events`, or an error, of the socket; false at the deadline.
bool wait_for_socket(int socket, short events, Deadline deadline);

/// Of a socket that is bound.
std::uint16_t bound_port(int socket);

/// Sends each message at once, and breaks the connection where the other machine has not been heard
/// for 10 s, whether anything is under way or not. What a listening socket has, those that it
/// accepts have too.
void watch_tcp_peer(int socket);

}  // namespace parlab
