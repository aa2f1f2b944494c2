#pragma once

// Messages of a race on a stream: a pipe has no packets. A frame is a mark, a length (8 bytes), so many
// bytes, and a line feed: mpirun of Open MPI 5 passes on what ends a line, and keeps the rest. Between frames may stand what others write to the same stream: mpirun passes on what a
// login on another machine prints.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace parlab {

/// Until the socket's other side is gone, each message from it (message_socket.hpp) as a frame to
/// the file.
void pass_on_frames(int socket, int file);

/// Takes a stream apart.
class FrameReader {
 public:
  void add(std::string_view bytes) { read_ += bytes; }
  /// The next message that is complete. Throws BadMessage where it is too long to be one.
  std::optional<std::string> next();
  /// What stood between frames, since the last call.
  std::string take_noise() { return std::exchange(noise_, {}); }

 private:
  std::string read_, noise_;
  bool line_feed_follows_ = false;
};

}  // namespace parlab
