#include "experiments/measure/ranks/frames.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

/// False where nobody reads.
bool write_all(int file, const void* bytes, std::size_t count) {
  const auto* at = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = write(file, at, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

void pass_on_frames(int socket, int file) {
  Bytes message;
  try {
    for (;;) {
      receive_message(socket, message);
      const std::uint64_t length = message.size();
      if (!write_all(file, &length, sizeof(length)) ||
          !write_all(file, message.data(), message.size()))
        return;
    }
  } catch (const EndOfFile&) {
  }
}

std::optional<std::string> FrameReader::next() {
  std::uint64_t length = 0;
  if (read_.size() < sizeof(length)) return std::nullopt;
  std::memcpy(&length, read_.data(), sizeof(length));
  if (length > max_message_bytes) throw BadMessage("a frame that is too long");
  if (read_.size() - sizeof(length) < length) return std::nullopt;
  std::string message = read_.substr(sizeof(length), length);
  read_.erase(0, sizeof(length) + length);
  return message;
}

}  // namespace parlab
