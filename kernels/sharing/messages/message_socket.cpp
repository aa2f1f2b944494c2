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

/// Bytes of the packet; 0 where there is none and MSG_DONTWAIT among the flags. Throws EndOfFile.
std::size_t receive_packet(int socket, std::span<iovec> parts, bool& cut, int flags = 0) {
  msghdr packet{};
  packet.msg_iov = parts.data();
  packet.msg_iovlen = parts.size();
  for (;;) {
    const ssize_t size = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC | flags);
    if (size > 0) {
      cut = (packet.msg_flags & MSG_TRUNC) != 0;
      return static_cast<std::size_t>(size);
    }
    if (size == 0) throw EndOfFile("the other end of the connection is closed");
    if (errno != EINTR && errno != EAGAIN) throw_errno("cannot receive");
    if ((flags & MSG_DONTWAIT) != 0) return 0;
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

void require_message(std::size_t bytes) {
  if (bytes > max_message_bytes)
    throw BadMessage(fmt::format("a message of {} bytes is longer than {}: share an array instead",
                                 bytes, max_message_bytes));
}

}  // namespace

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

Bytes OutgoingMessages::begin() { return Bytes(sizeof(Length)); }

void OutgoingMessages::add(Bytes message) {
  const Length length = message.size() - sizeof length;
  require_message(length);
  std::memcpy(message.data(), &length, sizeof length);
  if (message.size() <= packet_bytes) {
    packets_.push_back(std::move(message));
    return;
  }
  for (BytesView rest = message; !rest.empty();) {
    const BytesView next = rest.first(std::min(rest.size(), packet_bytes));
    packets_.emplace_back(next.begin(), next.end());
    rest = rest.subspan(next.size());
  }
}

void OutgoingMessages::send(int socket) {
  while (!packets_.empty()) {
    const Bytes& packet = packets_.front();
    if (::send(socket, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return;
      throw_errno("cannot send");
    }
    packets_.pop_front();
  }
}

bool IncomingMessage::receive(int socket) {
  Taken taken = Taken::part;
  while (taken == Taken::part) taken = take_packet(socket, MSG_DONTWAIT);
  return taken == Taken::all;
}

bool IncomingMessage::wait_for_packet(int socket) { return take_packet(socket, 0) == Taken::all; }

IncomingMessage::Taken IncomingMessage::take_packet(int socket, int flags) {
  if (!under_way_) received_ = 0;
  // Memory is taken as packets come, whatever length was said.
  const std::size_t expected =
      under_way_ ? std::min<std::size_t>(length_ - received_, packet_bytes) : packet_bytes;
  bytes_.resize(std::max(bytes_.size(), received_ + expected));
  Length length = length_;
  std::array<iovec, 2> parts = {
      {{&length, sizeof length}, {bytes_.data() + received_, bytes_.size() - received_}}};
  bool cut = false;
  std::size_t size =
      receive_packet(socket, std::span(parts).subspan(under_way_ ? 1 : 0), cut, flags);
  if (size == 0) return Taken::none;
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
  return under_way_ ? Taken::part : Taken::all;
}

Bytes IncomingMessage::take() {
  bytes_.resize(received_);
  reset();
  return std::move(bytes_);
}

void IncomingMessage::reset() {
  received_ = 0;
  under_way_ = false;
}

}  // namespace parlab
