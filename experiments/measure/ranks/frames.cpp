#include "experiments/measure/ranks/frames.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

/// No text has it.
constexpr std::string_view frame_mark("\0parlab\1", 8);

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
      if (!write_all(file, frame_mark.data(), frame_mark.size()) ||
          !write_all(file, &length, sizeof(length)) ||
          !write_all(file, message.data(), message.size()) || !write_all(file, "\n", 1))
        return;
    }
  } catch (const EndOfFile&) {
  }
}

std::optional<std::string> FrameReader::next() {
  if (line_feed_follows_ && !read_.empty()) {
    if (read_.front() == '\n') read_.erase(0, 1);
    line_feed_follows_ = false;
  }
  std::size_t begin = read_.find(frame_mark);
  if (begin == std::string::npos)  // its first bytes may be there
    begin = read_.size() - std::min(read_.size(), frame_mark.size() - 1);
  noise_.append(read_, 0, begin);
  read_.erase(0, begin);
  constexpr std::size_t head = frame_mark.size() + sizeof(std::uint64_t);
  if (read_.size() < head) return std::nullopt;
  std::uint64_t length = 0;
  std::memcpy(&length, read_.data() + frame_mark.size(), sizeof(length));
  if (length > max_message_bytes) throw BadMessage("a frame that is too long");
  if (read_.size() - head < length) return std::nullopt;
  std::string message = read_.substr(head, length);
  read_.erase(0, head + length);
  line_feed_follows_ = true;
  return message;
}

}  // namespace parlab
