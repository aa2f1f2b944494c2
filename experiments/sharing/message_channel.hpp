#pragma once

// Channels for messages of one size between two processes, with one interface: send(message)
// and receive(message), each by one process. A message is an array of bytes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/sharing/redis/redis.hpp"

namespace parlab {

/// One direction to each side, and what both need to know.
struct ChannelTask {
  std::string channel;
  std::uint64_t bytes;     // of a message, one of message_sizes
  std::uint64_t messages;  // a run
  bool round_trip;         // each message is answered before the next; else they stream
};

/// Sizes of messages in bytes: those that are compiled.
inline constexpr std::array<std::uint64_t, 4> message_sizes = {8, 64, 4096, 65536};

struct ChannelKind {
  const char* name;
  const char* what;
  bool needs_redis;
};
const std::vector<ChannelKind>& channel_kinds();

/// Forks a peer that answers. Each call of what is returned is one run: the sum of the messages'
/// numbers as the peer has received them, and in a round trip sent back.
std::function<std::uint64_t()> open_channel(const ChannelTask& task, const RedisAddress& redis);

}  // namespace parlab
