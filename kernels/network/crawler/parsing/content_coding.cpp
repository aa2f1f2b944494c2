#include "kernels/network/crawler/parsing/content_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/parsing/charset.hpp"

namespace parlab {
namespace {

bool begins_gzip(const z_stream& stream) {
  return stream.avail_in >= 2 && stream.next_in[0] == 0x1F && stream.next_in[1] == 0x8B;
}

bool inflate_with(int window_bits, std::string_view body, std::uint64_t most, std::string& out,
                  bool& too_big) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return false;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends(&stream, inflateEnd);
  std::array<char, std::size_t{64} << 10> some{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int state = Z_OK;
  bool one_is_whole = false;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(some.data());
    stream.avail_out = some.size();
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(some.data(), some.size() - stream.avail_out);
    if (out.size() > most) {
      too_big = true;
      return false;
    }
    // A gzip file may be several, one behind the other (RFC 1952, 2.2).
    // Anything else behind a whole one is padding or noise, which browsers pass over.
    one_is_whole = one_is_whole || state == Z_STREAM_END;
    if (state == Z_STREAM_END && window_bits > 15 && begins_gzip(stream))
      state = inflateReset(&stream);
    else if (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
      return false;  // it ends in the middle
  }
  return state == Z_STREAM_END || one_is_whole;
}

/// That one body may have; nobody uses more than two.
constexpr std::ptrdiff_t max_codings = 4;

/// What some servers write where a coding should stand: nothing was done to the body.
bool is_no_coding(std::string_view name) {
  constexpr std::array<std::string_view, 7> others = {"identity", "none", "binary", "7bit",
                                                      "8bit",     "text", "plain"};
  return std::ranges::find(others, name) != others.end() || Charset::labelled(name).has_value();
}

}  // namespace

InflateResult inflate_body(std::string_view encoding, std::string_view body, std::uint64_t most,
                           std::string& out) {
  out.clear();
  if (const std::size_t comma = encoding.rfind(','); comma != std::string_view::npos) {
    // Several, in the order in which they were put on (RFC 9110, 8.4).
    if (std::ranges::count(encoding, ',') >= max_codings) return InflateResult::malformed;
    std::string inner;
    const InflateResult last = inflate_body(trimmed(encoding.substr(comma + 1)), body, most, inner);
    if (last != InflateResult::ok) return last;
    return inflate_body(trimmed(encoding.substr(0, comma)), inner, most, out);
  }
  const std::string name = lower(encoding);
  bool too_big = false;
  bool ok = false;
  // No body needs no undoing, whatever the field says.
  if (name.empty() || is_no_coding(name) || body.empty()) {
    out = body.substr(0, most);
    return body.size() > most ? InflateResult::too_big : InflateResult::ok;
  }
  constexpr int gzip = 15 + 16, zlib = 15, raw = -15;  // window bits, as zlib tells its formats
  if (name == "gzip" || name == "x-gzip") {
    ok = inflate_with(gzip, body, most, out, too_big);
  } else if (name == "deflate") {
    // By the standard it is zlib's format; some servers send the bare one.
    ok = inflate_with(zlib, body, most, out, too_big);
    if (!ok && !too_big) {
      out.clear();
      ok = inflate_with(raw, body, most, out, too_big);
    }
  }
  if (too_big) return InflateResult::too_big;
  return ok ? InflateResult::ok : InflateResult::malformed;
}

}  // namespace parlab
