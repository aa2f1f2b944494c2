#include "kernels/network/http/http_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>
#include <variant>
#include <vector>

#include "kernels/network/http/lenient.hpp"

namespace parlab {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// What a read may bring at once: enough for most pages, little enough for thousands of
/// connections.
constexpr std::size_t read_bytes = std::size_t{16} << 10;
/// A buffer starts small and grows with what comes.
constexpr std::size_t first_read_bytes = std::size_t{2} << 10;

/// Chunks of one byte carry five bytes of framing each.
constexpr std::uint64_t framing_per_body_byte = 8;

/// Where names and values of the fields lie, in one string.
struct Message {
  struct Field {
    std::size_t name, name_size, value, value_size;
  };
  std::string text;
  std::vector<Field> fields;
  std::string target, method, body;
  int status = 0, version = 0;

  void clear() {
    text.clear();
    fields.clear();
    target.clear();
    method.clear();
    body.clear();
    status = version = 0;
  }
};

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

template <bool is_request>
class FieldParser final : public http::basic_parser<is_request> {
 public:
  explicit FieldParser(Message& message) : message_(&message) {}

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code& error) override {
    message_->method.assign(method.data(), method.size());
    message_->target.assign(target.data(), target.size());
    message_->version = version;
    error = {};
  }
  void on_response_impl(int status, string_view, int, error_code& error) override {
    message_->status = status;
    error = {};
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code& error) override {
    std::string& text = message_->text;
    message_->fields.push_back({text.size(), name.size(), text.size() + name.size(), value.size()});
    text.append(name.data(), name.size()).append(value.data(), value.size());
    error = {};
  }
  /// Of newer Boost only, where it is to be overridden: nothing in a trailer is read here.
  void on_trailer_field_impl(http::field, string_view, string_view, error_code& error) {
    error = {};
  }
  void on_header_impl(error_code& error) override { error = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& error) override {
    error = {};
  }
  std::size_t on_body_impl(string_view bytes, error_code& error) override {
    message_->body.append(bytes.data(), bytes.size());
    error = {};
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& error) override {
    message_->body.append(bytes.data(), bytes.size());
    error = {};
    return bytes.size();
  }
  void on_finish_impl(error_code& error) override { error = {}; }

  Message* message_;
};

MessageFault fault_of(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return MessageFault::header_too_big;
  if (error == http::error::body_limit) return MessageFault::body_too_big;
  if (error == http::error::partial_message) return MessageFault::truncated;
  if (error == http::error::end_of_stream) return MessageFault::empty;
  return MessageFault::malformed;
}

}  // namespace

struct MessageReader::State {
  Kind kind;
  MessageLimits limits;
  Message message;
  std::variant<std::monostate, FieldParser<true>, FieldParser<false>> parser;
  std::vector<char> buffer;
  std::size_t begin = 0, end = 0;  // of the bytes that are not parsed yet
  std::uint64_t wire = 0;
  bool to_head = false;
  MessageFault fault = MessageFault::none;
  error_code error;
  bool has_begun = false;   // behind the empty lines that may come first
  std::size_t scanned = 0;  // bytes of a response's head in which its end was looked for
  std::optional<ChunkReader> chunks;

  State(Kind of, MessageLimits within) : kind(of), limits(within), buffer(first_read_bytes) {}

  template <class Do>
  auto with_parser(const Do& act) {
    if (auto* request = std::get_if<FieldParser<true>>(&parser)) return act(*request);
    return act(std::get<FieldParser<false>>(parser));
  }
  bool is_done() {
    return with_parser([](auto& p) { return p.is_done(); }) || (chunks && chunks->done());
  }

  void start() {
    const auto prepare = [this](auto& p) {
      p.header_limit(limits.header);
      p.body_limit(limits.body);
      p.eager(true);
      p.skip(to_head);
    };
    message.clear();
    has_begun = false;
    scanned = 0;
    chunks.reset();
    if (kind == Kind::request)
      prepare(parser.emplace<FieldParser<true>>(message));
    else
      prepare(parser.emplace<FieldParser<false>>(message));
  }

  void fail(MessageFault why, error_code what) {
    fault = why;
    error = what;
  }

  /// An interim response is followed by the final one. 101 is final: we never ask for it.
  bool is_interim() const {
    return kind == Kind::response && message.status >= 100 && message.status < 200 &&
           message.status != 101;
  }

  std::string_view unread() const { return {buffer.data() + begin, end - begin}; }

  /// Gives the bytes to Beast's parser; returns how many it took.
  std::size_t put(std::string_view bytes) {
    error_code failed;
    const std::size_t used = with_parser([&](auto& p) {
      return p.put(boost::asio::const_buffer(bytes.data(), bytes.size()), failed);
    });
    if (failed && failed != http::error::need_more) fail(fault_of(failed), failed);
    return used;
  }

  std::size_t put_chunks() {
    const std::size_t used = chunks->take(unread(), message.body, limits.body);
    if (chunks->fault() == ChunkReader::Fault::too_big)
      fail(MessageFault::body_too_big, http::error::body_limit);
    else if (chunks->fault() == ChunkReader::Fault::malformed)
      fail(MessageFault::malformed, http::error::bad_chunk);
    return used;
  }

  /// A response's head, once it is whole, in the form that Beast takes.
  std::size_t put_head() {
    const std::size_t size = head_end(unread(), scanned);
    if (size == std::string_view::npos) {
      constexpr std::size_t max_end = 2;  // of which a part may have come
      scanned = end - begin - std::min(max_end, end - begin);
      return 0;
    }
    const std::string head = strict_head(unread().substr(0, size));
    std::string_view left = head;
    while (!left.empty() && fault == MessageFault::none) {
      const std::size_t used = put(left);
      left.remove_prefix(used);
      if (used == 0) break;
    }
    if (with_parser([](auto& p) { return p.is_header_done() && !p.is_done() && p.chunked(); }))
      chunks.emplace();
    return size;
  }

  bool begins_like_http() const {
    constexpr std::string_view version = "HTTP/1.";
    return version.starts_with(unread().substr(0, version.size()));
  }

  /// Takes some of what is there; returns how many bytes.
  std::size_t step() {
    if (!has_begun) {
      const std::size_t empty = std::min(unread().find_first_not_of("\r\n"), end - begin);
      if (empty > 0) return empty;  // RFC 9112, 2.2
      has_begun = true;
    }
    if (chunks) return put_chunks();
    const bool in_head = !with_parser([](auto& p) { return p.is_header_done(); });
    if (kind == Kind::response && in_head && begins_like_http()) return put_head();
    return put(unread());
  }

  /// Parses what is there, up to the message's end.
  void parse() {
    while (begin < end && fault == MessageFault::none && !is_done()) {
      const std::size_t used = step();
      begin += used;
      wire += used;
      if (fault != MessageFault::none) return;
      if (wire > limits.framing + framing_per_body_byte * message.body.size())
        return fail(MessageFault::header_too_big, http::error::header_limit);
      if (is_done() && is_interim()) {
        start();
        continue;
      }
      if (used == 0) return;
    }
  }
};

MessageReader::MessageReader(Kind kind, MessageLimits limits)
    : state_(std::make_unique<State>(kind, limits)) {
  next();
}
MessageReader::MessageReader(MessageReader&&) noexcept = default;
MessageReader& MessageReader::operator=(MessageReader&&) noexcept = default;
MessageReader::~MessageReader() = default;

void MessageReader::next(bool to_head) {
  State& s = *state_;
  s.fault = MessageFault::none;
  s.error = {};
  s.wire = 0;
  s.to_head = to_head;
  s.start();
  s.parse();
}

void MessageReader::reset() {
  state_->begin = state_->end = 0;
  next();
}

bool MessageReader::wants_more() const {
  return state_->fault == MessageFault::none && !state_->is_done();
}

std::span<char> MessageReader::room() {
  State& s = *state_;
  if (s.begin == s.end) {
    s.begin = s.end = 0;
  } else if (s.begin > 0 && s.end == s.buffer.size()) {
    std::memmove(s.buffer.data(), s.buffer.data() + s.begin, s.end - s.begin);
    s.end -= s.begin;
    s.begin = 0;
  }
  if (s.end == s.buffer.size() || (s.wire > 0 && s.buffer.size() < read_bytes))
    s.buffer.resize(std::max(2 * s.buffer.size(), read_bytes));
  return {s.buffer.data() + s.end, s.buffer.size() - s.end};
}

void MessageReader::took(std::size_t count) {
  State& s = *state_;
  s.end += count;
  s.parse();
  // What the parser wants whole (a header, a chunk's line with its extensions) has a limit too.
  if (wants_more() && s.end - s.begin >= s.limits.header)
    s.fail(MessageFault::header_too_big, http::error::header_limit);
}

void MessageReader::ended() {
  State& s = *state_;
  if (s.wire == 0 && s.begin == s.end)
    return s.fail(MessageFault::empty, http::error::end_of_stream);
  if (s.chunks || !header_complete())
    return s.fail(MessageFault::truncated, http::error::partial_message);
  error_code failed;
  s.with_parser([&](auto& p) { p.put_eof(failed); });
  if (failed) return s.fail(MessageFault::truncated, failed);
  if (!s.is_done()) s.fail(MessageFault::truncated, http::error::partial_message);
}

bool MessageReader::complete() const {
  return state_->fault == MessageFault::none && state_->is_done();
}
MessageFault MessageReader::fault() const { return state_->fault; }
std::string MessageReader::fault_text() const {
  return state_->fault == MessageFault::none ? "" : state_->error.message();
}
bool MessageReader::header_complete() const {
  return state_->with_parser([](auto& p) { return p.is_header_done(); });
}
bool MessageReader::keep_alive() const {
  return state_->with_parser([](auto& p) { return p.is_header_done() && p.keep_alive(); });
}
bool MessageReader::has_surplus() const { return state_->begin < state_->end; }
int MessageReader::status() const { return state_->message.status; }
std::string_view MessageReader::method() const { return state_->message.method; }
std::string_view MessageReader::target() const { return state_->message.target; }
int MessageReader::version() const { return state_->message.version; }
std::string& MessageReader::body() { return state_->message.body; }
std::uint64_t MessageReader::wire_bytes() const { return state_->wire; }

std::string_view MessageReader::field(std::string_view name) const {
  for (std::size_t i = 0; i < fields(); ++i)
    if (is_named(i, name)) return value_of(i);
  return {};
}
std::size_t MessageReader::fields() const { return state_->message.fields.size(); }
bool MessageReader::is_named(std::size_t field, std::string_view name) const {
  const Message::Field& f = state_->message.fields[field];
  return same_letters(std::string_view(state_->message.text).substr(f.name, f.name_size), name);
}
std::string_view MessageReader::value_of(std::size_t field) const {
  const Message::Field& f = state_->message.fields[field];
  return std::string_view(state_->message.text).substr(f.value, f.value_size);
}

const char* to_string(MessageFault fault) {
  switch (fault) {
    case MessageFault::none:
      return "none";
    case MessageFault::malformed:
      return "malformed";
    case MessageFault::header_too_big:
      return "header_too_big";
    case MessageFault::body_too_big:
      return "body_too_big";
    case MessageFault::truncated:
      return "truncated";
    case MessageFault::empty:
      return "empty";
  }
  return "unknown";
}

}  // namespace parlab
