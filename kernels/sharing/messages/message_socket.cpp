#include "kernels/sharing/messages/message_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/signal_guard.hpp"

namespace parlab {
namespace {

using Length = std::uint64_t;

[[noreturn]] void throw_errno(const char* what) {
  if (errno == EPIPE || errno == ECONNRESET)
    throw EndOfFile("the other end of the connection is closed");
  throw std::system_error(errno, std::generic_category(), what);
}

void send_packet(int socket, std::span<iovec> parts) {
  msghdr packet{};
  packet.msg_iov = parts.data();
  packet.msg_iovlen = parts.size();
  while (sendmsg(socket, &packet, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR && errno != EAGAIN) throw_errno("cannot send");
    InterruptionScope::check();
  }
}

/// Bytes of the packet. Throws EndOfFile.
std::size_t receive_packet(int socket, std::span<iovec> parts, bool& cut) {
  msghdr packet{};
  packet.msg_iov = parts.data();
  packet.msg_iovlen = parts.size();
  for (;;) {
    const ssize_t size = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC);
    if (size > 0) {
      cut = (packet.msg_flags & MSG_TRUNC) != 0;
      return static_cast<std::size_t>(size);
    }
    if (size == 0) throw EndOfFile("the other end of the connection is closed");
    if (errno != EINTR && errno != EAGAIN) throw_errno("cannot receive");
    InterruptionScope::check();
  }
}

/// The packets behind the first, into the rest of the message.
void receive_rest(int socket, std::span<std::byte> rest) {
  while (!rest.empty()) {
    iovec part{rest.data(), rest.size()};
    bool cut = false;
    const std::size_t size = receive_packet(socket, {&part, 1}, cut);
    if (cut) throw BadMessage("a message is longer than it said");
    rest = rest.subspan(size);
  }
}

/// One message, taken in as its packets come.
class IncomingMessage {
 public:
  /// `room`: memory to use again; what it holds is lost.
  explicit IncomingMessage(Bytes room) : bytes_(std::move(room)) {}

  /// Waits for one packet and takes it in; true when the message is complete.
  bool wait_for_packet(int socket) {
    // Memory is taken as packets come, whatever length was said.
    const std::size_t expected =
        under_way_ ? std::min<std::size_t>(length_ - received_, packet_bytes) : packet_bytes;
    bytes_.resize(std::max(bytes_.size(), received_ + expected));
    Length length = length_;
    std::array<iovec, 2> parts = {
        {{&length, sizeof length}, {bytes_.data() + received_, bytes_.size() - received_}}};
    bool cut = false;
    std::size_t size = receive_packet(socket, std::span(parts).subspan(under_way_ ? 1 : 0), cut);
    if (!under_way_) {
      if (size < sizeof length || length > max_message_bytes)
        throw BadMessage("what came over the connection is not a message");
      size -= sizeof length;
      length_ = length;
      bytes_.reserve(length);  // addresses alone; see above
    }
    if (cut || size > length_ - received_) throw BadMessage("a message is longer than it said");
    received_ += size;
    under_way_ = received_ < length_;
    return !under_way_;
  }
  /// The complete message.
  Bytes take() {
    bytes_.resize(received_);
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
  std::size_t received_ = 0;  // of the message
  Length length_ = 0;         // as its front says
  bool under_way_ = false;
};

}  // namespace

void require_message(std::size_t bytes) {
  if (bytes > max_message_bytes)
    throw BadMessage(fmt::format("a message of {} bytes is longer than {}: share an array instead",
                                 bytes, max_message_bytes));
}

SocketPair make_message_sockets() try {
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET, "make a connection");
  const timeval at_most{max_call.count(), 0};
  for (const int end : {pair.here.get(), pair.there.get()})
    for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO})
      setsockopt(end, SOL_SOCKET, which, &at_most, sizeof at_most);
  return pair;
} catch (const std::system_error& why) {
  if (why.code().value() == EMFILE || why.code().value() == ENFILE) throw OutOfRoom(why.what());
  throw;
}

void send_message(int socket, BytesView message) {
  require_message(message.size());
  const auto base = [](BytesView bytes) {
    return const_cast<void*>(static_cast<const void*>(bytes.data()));
  };
  Length length = message.size();
  const BytesView first = message.first(std::min(message.size(), packet_bytes - sizeof length));
  std::array<iovec, 2> parts = {{{&length, sizeof length}, {base(first), first.size()}}};
  send_packet(socket, parts);
  for (BytesView rest = message.subspan(first.size()); !rest.empty();) {
    const BytesView next = rest.first(std::min(rest.size(), packet_bytes));
    iovec part{base(next), next.size()};
    send_packet(socket, {&part, 1});
    rest = rest.subspan(next.size());
  }
}

void receive_message(int socket, Bytes& message) {
  receive_message(socket, message, [] {});  // recvmsg() waits
}

void receive_message(int socket, Bytes& message, FunctionRef<void()> until_readable) {
  IncomingMessage incoming(std::move(message));
  do {
    until_readable();
  } while (!incoming.wait_for_packet(socket));
  message = incoming.take();
}

void receive_message(int socket, std::span<std::byte> message) {
  Length length = 0;
  std::array<iovec, 2> parts = {{{&length, sizeof length}, {message.data(), message.size()}}};
  bool cut = false;
  const std::size_t size = receive_packet(socket, parts, cut);
  if (size < sizeof length || cut || length != message.size())
    throw BadMessage(
        fmt::format("a message of {} bytes came where {} were asked for", length, message.size()));
  receive_rest(socket, message.subspan(size - sizeof length));
}

}  // namespace parlab
