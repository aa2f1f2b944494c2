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

}  // namespace

SocketPair make_message_sockets() try {
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET, "make a connection");
  const timeval at_most{longest_call.count(), 0};
  for (const int end : {pair.here.get(), pair.there.get()})
    for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO})
      setsockopt(end, SOL_SOCKET, which, &at_most, sizeof at_most);
  return pair;
} catch (const std::system_error& why) {
  if (why.code().value() == EMFILE || why.code().value() == ENFILE) throw OutOfRoom(why.what());
  throw;
}

void send_message(int socket, BytesView message) {
  if (message.size() > longest_message_bytes)
    throw BadMessage(fmt::format("a message of {} bytes is longer than {}: share an array instead",
                                 message.size(), longest_message_bytes));
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
  Length length = 0;
  message.resize(std::max(message.capacity(), packet_bytes));
  std::array<iovec, 2> parts = {{{&length, sizeof length}, {message.data(), message.size()}}};
  bool cut = false;
  until_readable();
  const std::size_t size = receive_packet(socket, parts, cut);
  if (size < sizeof length || cut || length > longest_message_bytes ||
      size - sizeof length > length)
    throw BadMessage("what came over the connection is not a message");
  message.resize(size - sizeof length);
  message.reserve(length);  // memory is taken as packets come, whatever length was said
  while (message.size() < length) {
    const std::size_t before = message.size();
    message.resize(before + std::min(length - before, packet_bytes));
    iovec part{message.data() + before, message.size() - before};
    until_readable();
    message.resize(before + receive_packet(socket, {&part, 1}, cut));
    if (cut) throw BadMessage("a message is longer than it said");
  }
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
