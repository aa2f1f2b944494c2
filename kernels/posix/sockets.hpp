#pragma once

#include <string>
#include <string_view>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// Two connected Unix sockets, closed by exec: one for this process, one for a child.
struct SocketPair {
  FileDescriptor here, there;
};

/// `type`: SOCK_STREAM or SOCK_SEQPACKET. Throws refusal(what) where no descriptor is left.
SocketPair make_socket_pair(int type, const std::string& what);

/// Sends all of it, and waits where the other side is slow; false where that is gone, or the time
/// that the socket has for it has passed.
bool send_all(int socket, std::string_view bytes);

}  // namespace parlab
