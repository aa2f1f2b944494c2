#pragma once

// What travels between a client and a manager: frames of a size, a head and bytes. The bytes are
// CBOR (RFC 8949), which only those parse who need to: the manager keeps values and queue items as
// it got them.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace parlab {

struct RequestHead {
  std::uint64_t object;
  std::int64_t timeout_ms;  // until the manager gives up; -1: never, 0 and less: at once
  std::uint64_t method_size;
};

inline constexpr std::int64_t no_timeout = -1;

enum class CallStatus : std::uint8_t { done, timed_out, failed };

/// In front of each frame: bytes that follow it.
using FrameSize = std::uint64_t;

template <class T>
std::string_view raw_bytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// Reads a T off the front of `bytes`; false where there are too few.
template <class T>
bool take_front(std::string_view& bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return true;
}

/// Appends a frame of `bytes`.
void append_frame(std::string& to, std::string_view bytes);
/// What a frame at the front of `bytes` holds, which is then behind it; nothing where it is not
/// whole.
std::optional<std::string_view> take_frame(std::string_view& bytes);

/// Arrays in arrays in arrays: deeper ones are refused, since parsing them takes stack.
inline constexpr int deepest_value = 64;

std::string to_bytes(const nlohmann::json& value);
/// Throws std::invalid_argument for what is no CBOR, or too deep.
nlohmann::json from_bytes(std::string_view bytes);

}  // namespace parlab
