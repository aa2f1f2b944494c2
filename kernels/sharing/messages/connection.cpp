#include "kernels/sharing/messages/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "kernels/posix/wait.hpp"

namespace parlab {

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    close();
    socket_ = std::exchange(other.socket_, -1);
  }
  return *this;
}

Bytes Connection::recv_bytes() {
  receive_message(fileno(), received_);
  return received_;
}

bool Connection::poll(Deadline deadline) const { return !wait({fileno()}, deadline).empty(); }

int Connection::fileno() const {
  if (socket_ < 0) throw std::logic_error("the connection was closed in this process");
  return socket_;
}

void Connection::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

std::pair<Connection, Connection> make_pipe(bool duplex) {
  const SocketPair pair = make_socket_pair();
  if (!duplex) {
    shutdown(pair.ends[0], SHUT_WR);
    shutdown(pair.ends[1], SHUT_RD);
  }
  return {Connection(pair.ends[0]), Connection(pair.ends[1])};
}

}  // namespace parlab
