#pragma once

// What real servers send and clients put up with (RFC 9112, 2.2, 3 and 7.1 leave room for it): lines that
// end with a bare line feed, a status line without reason, blanks before a colon, controls in a value, padded chunk sizes.
// Lengths that contradict each other and fields without a name stay errors.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlab {

/// Where a head ends: behind its first empty line. npos where that has not come. The search begins at `from`.
std::size_t head_end(std::string_view bytes, std::size_t from);

/// The same status line and fields as a strict parser takes them. `head` ends with its empty line.
std::string strict_head(std::string_view head);

/// Reads a chunked body.
class ChunkReader {
 public:
  enum class Fault { none, malformed, too_big };

  /// Takes what it can from the bytes, appends data to `body`, which may get `most` bytes. Returns how
  /// many bytes it took; 0 where it needs more, is done or has a fault.
  std::size_t take(std::string_view bytes, std::string& body, std::uint64_t most);

  bool done() const { return state_ == State::done; }
  Fault fault() const { return fault_; }

 private:
  enum class State { size, data, data_end, trailer, done };

  std::size_t take_line(std::string_view bytes, std::uint64_t body_bytes, std::uint64_t most);
  void read_size(std::string_view line, std::uint64_t body_bytes, std::uint64_t most);

  State state_ = State::size;
  Fault fault_ = Fault::none;
  std::uint64_t left_ = 0;  // of the chunk's data
};

}  // namespace parlab
