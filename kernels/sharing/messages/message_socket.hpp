#pragma once

// Messages of any length over a Unix socket of type SOCK_SEQPACKET, which keeps packets whole: a
// sender that is killed leaves a message or none, and only one longer than a packet can be cut.
//
// A message is its length (8 bytes) and its bytes; what does not fit the first packet follows in
// others. Cost: one system call a side up to 64 KiB.

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/base/deadline.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/posix/sockets.hpp"
#include "kernels/sharing/messages/wire.hpp"

namespace parlab {

/// Bytes of a packet. Below the default send buffer (208 KiB), so that several are under way.
constexpr std::size_t packet_bytes = std::size_t{64} << 10;

/// Bytes of a message. Longer ones are not messages but data: share an array instead.
constexpr std::uint64_t max_message_bytes = std::uint64_t{1} << 30;
/// Throws BadMessage where it is longer.
void require_message(std::size_t bytes);

/// Both ends of a new connection for messages. Throws OutOfRoom where descriptors are used up.
SocketPair make_message_sockets();

/// Waits while the other side is slow to receive. Throws EndOfFile where it is gone, BadMessage
/// where the message is too long, and Interrupted (InterruptionScope).
void send_message(int socket, BytesView message);

/// Receives one message into `message`. Throws EndOfFile where the other side is gone.
void receive_message(int socket, Bytes& message);

/// The same; before each packet `until_readable` waits for it in the caller's way. It may throw:
/// then the socket is of no more use.
void receive_message(int socket, Bytes& message, FunctionRef<void()> until_readable);

/// The same as the first for a message of exactly that many bytes. Throws BadMessage where it is
/// another.
void receive_message(int socket, std::span<std::byte> message);

}  // namespace parlab
