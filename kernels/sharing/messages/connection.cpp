#include "kernels/sharing/messages/connection.hpp"

#include <sys/socket.h>

#include <stdexcept>

#include "kernels/posix/wait.hpp"

namespace parlab {

Bytes Connection::recv_bytes() {
  receive_message(fileno(), received_);
  return received_;
}

bool Connection::poll(Deadline deadline) const { return !wait({fileno()}, deadline).empty(); }

int Connection::fileno() const {
  if (!socket_) throw std::logic_error("the connection was closed in this process");
  return socket_.get();
}

std::pair<Connection, Connection> make_pipe(bool duplex) {
  SocketPair pair = make_message_sockets();
  if (!duplex) {
    shutdown(pair.here.get(), SHUT_WR);
    shutdown(pair.there.get(), SHUT_RD);
  }
  return {Connection(std::move(pair.here)), Connection(std::move(pair.there))};
}

}  // namespace parlab
