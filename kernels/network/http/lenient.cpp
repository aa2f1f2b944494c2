#include "kernels/network/http/lenient.hpp"

#include <algorithm>
#include <charconv>

#include "kernels/base/text/ascii.hpp"

namespace parlab {
namespace {

std::string_view without_carriage_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_last_blanks(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "HTTP/1.1 200 " of "HTTP/1.1 200": a strict parser wants the blank, the reason says nothing.
void append_status_line(std::string& head, std::string_view line) {
  constexpr std::size_t version = 8, code = 3;
  const std::size_t begin = line.find_first_not_of(' ', version);
  const std::string_view digits = line.substr(std::min(begin, line.size()), code);
  const std::size_t end = begin + code;
  const bool has_code = begin != version && begin != std::string_view::npos &&
                        digits.size() == code && std::ranges::all_of(digits, is_digit) &&
                        (line.size() == end || line[end] == ' ' || line[end] == '\t');
  if (has_code)
    head.append(line.substr(0, version)).append(" ").append(digits).append(" ");
  else
    head += line;
  head += "\r\n";
}

/// A value may hold controls (RFC 9110, 5.5), which mean nothing; NUL and a bare carriage return are dangerous, and
/// lengths have none.
void append_value(std::string& head, std::string_view name, std::string_view value) {
  const bool is_framing = lower(name) == "content-length" || lower(name) == "transfer-encoding";
  const auto is_control = [](char c) {
    return (c > 0 && c < ' ' && c != '\t' && c != '\r') || c == 0x7F;
  };
  const std::size_t begin = head.size();
  head += value;
  if (!is_framing)
    std::replace_if(head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(), is_control, ' ');
}

void append_field(std::string& head, std::string_view line) {
  const std::size_t colon = line.find(':');
  const bool goes_on = line.starts_with(' ') || line.starts_with('\t');
  if (colon == std::string_view::npos || goes_on) {
    head += line;
  } else {
    const std::string_view name = without_last_blanks(line.substr(0, colon));
    head += name;
    append_value(head, name, line.substr(colon));
  }
  head += "\r\n";
}

}  // namespace

std::size_t head_end(std::string_view bytes, std::size_t from) {
  for (std::size_t at = from; (at = bytes.find('\n', at)) != std::string_view::npos;) {
    ++at;
    if (bytes.substr(at).starts_with('\n')) return at + 1;
    if (bytes.substr(at).starts_with("\r\n")) return at + 2;
  }
  return std::string_view::npos;
}

std::string strict_head(std::string_view head) {
  std::string strict;
  strict.reserve(head.size() + head.size() / 8);
  for (bool is_first = true; !head.empty(); is_first = false) {
    const std::size_t end = head.find('\n');
    const std::string_view line = without_carriage_return(head.substr(0, end));
    head.remove_prefix(end + 1);
    if (is_first)
      append_status_line(strict, line);
    else if (!line.empty())
      append_field(strict, line);
  }
  return strict += "\r\n";
}

std::size_t ChunkReader::take(std::string_view bytes, std::string& body, std::uint64_t most) {
  if (bytes.empty() || fault_ != Fault::none || done()) return 0;
  if (state_ == State::data) {
    const std::size_t count = std::min<std::uint64_t>(left_, bytes.size());
    body += bytes.substr(0, count);
    left_ -= count;
    if (left_ == 0) state_ = State::data_end;
    return count;
  }
  return take_line(bytes, body.size(), most);
}

std::size_t ChunkReader::take_line(std::string_view bytes, std::uint64_t body_bytes,
                                   std::uint64_t most) {
  const std::size_t end = bytes.find('\n');
  if (state_ == State::data_end) {
    if (end > 1 && bytes != "\r") fault_ = Fault::malformed;  // the chunk is longer than it said
    if (end == 1 && bytes[0] != '\r') fault_ = Fault::malformed;
  }
  if (end == std::string_view::npos || fault_ != Fault::none) return 0;
  const std::string_view line = without_carriage_return(bytes.substr(0, end));
  if (state_ == State::data_end)
    state_ = State::size;
  else if (state_ == State::size)
    read_size(line, body_bytes, most);
  else if (line.empty())
    state_ = State::done;  // trailers are passed over
  return fault_ == Fault::none ? end + 1 : 0;
}

void ChunkReader::read_size(std::string_view line, std::uint64_t body_bytes, std::uint64_t most) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
  if (error == std::errc::result_out_of_range) {
    fault_ = Fault::too_big;
    return;
  }
  const std::string_view rest = line.substr(end - line.data());
  const std::size_t next = rest.find_first_not_of(" \t");
  if (error != std::errc() || (next != std::string_view::npos && rest[next] != ';'))
    fault_ = Fault::malformed;
  else if (left_ > most - std::min(most, body_bytes))
    fault_ = Fault::too_big;
  else
    state_ = left_ == 0 ? State::trailer : State::data;
}

}  // namespace parlab
