#pragma once

#include <cstdint>
#include <string>

namespace parlab {

/// Sends the bytes to a port of 127.0.0.1 and returns all that comes until the other side closes.
std::string raw_exchange(std::uint16_t port, const std::string& bytes);
/// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

}  // namespace parlab
