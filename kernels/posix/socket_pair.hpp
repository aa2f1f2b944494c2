#pragma once

#include <string>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// Two connected Unix sockets, closed by exec: one for this process, one for a child.
struct SocketPair {
  FileDescriptor here, there;
};

/// `type`: SOCK_STREAM or SOCK_SEQPACKET. Throws refusal(what) where no descriptor is left.
SocketPair make_socket_pair(int type, const std::string& what);

}  // namespace parlab
