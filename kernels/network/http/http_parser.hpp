#pragma once

// HTTP/1.1 messages (RFC 9112) out of the bytes of a connection, by Beast's parser. It does no I/O,
// so the same reader serves blocking sockets, callbacks, futures and coroutines, and sources that
// use it include neither Beast nor Asio.
//
// Responses are read leniently (lenient.hpp): what browsers and curl put up with is no reason to lose a page.
// What Beast leaves open is bounded here: chunk extensions, trailers and interim (1xx) responses
// may not add up to more than a few times what the body has.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace parlab {

/// In bytes.
struct MessageLimits {
  std::uint32_t header = 64 * 1024;                  // status line and header fields
  std::uint64_t body = std::uint64_t{64} << 20;      // as transferred, before any inflating
  std::uint64_t framing = std::uint64_t{256} << 10;  // all that is not body, in one message
};

/// Why a message could not be read.
enum class MessageFault {
  none,
  malformed,       // not HTTP/1.1
  header_too_big,  // or interim responses, chunk extensions or trailers without end
  body_too_big,
  truncated,  // the connection ended within the message
  empty,      // the connection ended before the message's first byte
};

/// Reads one message after another from a connection. Each is read like this:
///
///   reader.next();
///   while (reader.wants_more()) {
///     n = read some bytes into reader.room();
///     n > 0 ? reader.took(n) : reader.ended();
///   }
class MessageReader {
 public:
  enum class Kind { request, response };

  explicit MessageReader(Kind kind, MessageLimits limits = {});
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;
  ~MessageReader();

  /// Begins the next message; bytes beyond the last one are its first. `to_head`: it answers HEAD.
  void next(bool to_head = false);
  /// Forgets all bytes: the connection is a new one.
  void reset();

  /// Whether the message needs more bytes: neither complete nor at fault.
  bool wants_more() const;
  /// Where the connection's next bytes go; never empty while the message wants more.
  std::span<char> room();
  void took(std::size_t count);
  /// The other side has closed the connection, which ends a body without a length.
  void ended();

  bool complete() const;
  MessageFault fault() const;
  /// Beast's own words for the fault; empty where there is none.
  std::string fault_text() const;

  bool header_complete() const;
  bool keep_alive() const;
  /// Bytes that have come beyond the message.
  bool has_surplus() const;
  int status() const;               // of a response
  std::string_view method() const;  // of a request
  std::string_view target() const;  // of a request
  int version() const;              // of a request: 10 for HTTP/1.0, 11 for HTTP/1.1
  /// The first field of this name, in any case; empty where there is none.
  std::string_view field(std::string_view name) const;
  /// Calls visit(value) for every field of this name.
  template <class Visit>
  void each_field(std::string_view name, const Visit& visit) const {
    for (std::size_t i = 0; i < fields(); ++i)
      if (is_named(i, name)) visit(value_of(i));
  }
  /// The body so far, decoded from its chunks.
  std::string& body();
  /// Bytes of this message that came over the wire.
  std::uint64_t wire_bytes() const;

 private:
  struct State;

  std::size_t fields() const;
  bool is_named(std::size_t field, std::string_view name) const;
  std::string_view value_of(std::size_t field) const;

  std::unique_ptr<State> state_;
};

const char* to_string(MessageFault fault);

}  // namespace parlab
