#include "kernels/posix/socket_pair.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "kernels/base/limits.hpp"

namespace parlab {

SocketPair make_socket_pair(int type, const std::string& what) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) throw refusal(what, errno);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

}  // namespace parlab
