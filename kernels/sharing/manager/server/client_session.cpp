#include "kernels/sharing/manager/server/client_session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace parlab {
namespace {

/// Bytes asked of the socket at a time: memory grows as they come, not as a client says they will.
constexpr std::size_t min_read = 4 << 10;
constexpr std::size_t max_read = 1 << 20;

}  // namespace

bool ServerConnection::receive() {
  if (used_ > 0) {
    received_.erase(0, used_);
    used_ = 0;
  }
  has_received_ = false;
  do {
    const std::size_t before = received_.size();
    const std::size_t room =
        std::clamp(before, in_clear() ? min_read : SecuredSocket::max_record, max_read);
    received_.resize(before + room);
    const ssize_t size = socket_.receive(received_.data() + before, room);
    received_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    // A client sends nothing while its call waits; one that does must not fill the memory.
    if (received_.size() > max_message_bytes_ + sizeof(FrameSize) + max_read) return false;
    if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
    has_received_ = true;
  } while (socket_.has_pending());
  return true;
}

std::optional<std::string> ServerConnection::take_bytes(std::size_t size) {
  if (received_.size() - used_ < size) return std::nullopt;
  std::string bytes = received_.substr(used_, size);
  used_ += size;
  return bytes;
}

std::optional<std::string> ServerConnection::take_frame() {
  std::string_view rest = std::string_view(received_).substr(used_);
  FrameSize size = 0;
  if (!take_front(rest, size)) return std::nullopt;
  if (size > max_message_bytes_) {
    broken = true;
    return std::nullopt;
  }
  if (rest.size() < size) return std::nullopt;
  used_ += sizeof size + size;
  return std::string(rest.substr(0, size));
}

bool ServerConnection::send(std::string_view bytes) {
  if (has_unsent()) {
    unsent_ += bytes;
    bytes = std::string_view(unsent_).substr(sent_);
  }
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t size = socket_.send(left);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) return false;
    if (size < 0) break;
    left.remove_prefix(static_cast<std::size_t>(size));
  }
  if (has_unsent() && !left.empty()) {
    sent_ = unsent_.size() - left.size();
  } else {
    unsent_ = left;
    sent_ = 0;
  }
  return true;
}

bool ServerConnection::reply(CallStatus status, std::string_view bytes) {
  std::string frame;
  frame.reserve(sizeof(FrameSize) + sizeof status + bytes.size());
  frame += raw_bytes(FrameSize{sizeof status + bytes.size()});
  frame += raw_bytes(status);
  frame += bytes;
  return send(frame);
}

}  // namespace parlab
