#include <string>

#include "kernels/network/servers/synthetic_site.hpp"
#include "tests/kernels/network/crawler/bad_server.hpp"

namespace parlab {
namespace {

using Peer = BadServer::Peer;
using Script = BadServer::Script;

constexpr char ok[] = "HTTP/1.1 200 OK\r\n";
constexpr char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Bytes that an endless answer sends at most: far more than any limit, so that a crawler without
/// one is seen to take them.
constexpr std::size_t endless = std::size_t{512} << 20;

Script say(std::string text) {
  return [text = std::move(text)](Peer& peer) { peer.send(text); };
}
/// As say(), then silence until the client goes.
Script say_and_wait(std::string text) {
  return [text = std::move(text)](Peer& peer) {
    peer.send(text);
    peer.wait_for_end();
  };
}
Script repeat(std::string first, std::string again) {
  return [first = std::move(first), again = std::move(again)](Peer& peer) {
    std::string many;
    while (many.size() < 65'536) many += again;
    bool is_there = peer.send(first);
    for (std::size_t sent = 0; is_there && sent < endless; sent += many.size())
      is_there = peer.send(many);
  };
}
/// The text byte by byte, each after a pause.
Script drip(std::string first, std::string slowly) {
  return [first = std::move(first), slowly = std::move(slowly)](Peer& peer) {
    bool is_there = peer.send(first);
    for (std::size_t i = 0; is_there && i < slowly.size(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      is_there = peer.send(slowly.substr(i, 1));
    }
    peer.wait_for_end();
  };
}
std::string with_length(const std::string& fields, const std::string& body) {
  return ok + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

std::vector<BadWay> bad_ways() {
  std::string binary;
  for (int i = 0; i < 16'384; ++i) binary += static_cast<char>(i);
  std::string many_fields = ok;
  for (int i = 0; i < 900; ++i) many_fields += "a" + std::to_string(i) + ":b\r\n";
  const std::string packed = gzip(std::string(100'000, 'x'));
  return {
      {"/slow_header", drip(ok, "X: " + std::string(2000, 'a')), "total_timeout"},
      {"/slow_body", drip(std::string(ok) + "Content-Length: 5000\r\n\r\n", std::string(2000, 'x')),
       "total_timeout"},
      {"/silence", say_and_wait(""), "first_byte_timeout"},
      {"/silence_after_header", say_and_wait(std::string(ok) + "Content-Length: 5\r\n\r\n"),
       "idle_timeout"},
      {"/endless_chunks", repeat(chunked, "1000\r\n" + std::string(4096, 'x') + "\r\n"),
       "body_too_big"},
      {"/endless_body", repeat(std::string(ok) + "\r\n", std::string(4096, 'x')), "body_too_big"},
      {"/endless_interim", repeat("", "HTTP/1.1 100 Continue\r\n\r\n"), "header_too_big"},
      {"/endless_header", repeat(ok, "X-Y: " + std::string(100, 'y') + "\r\n"), "header_too_big"},
      {"/endless_extension", repeat(std::string(chunked) + "1;", std::string(4096, 'a')),
       "header_too_big"},
      {"/endless_trailers",
       repeat(std::string(chunked) + "1\r\n.\r\n0\r\n", "T: " + std::string(100, 'z') + "\r\n"),
       "header_too_big"},
      {"/many_fields", say(many_fields + "Content-Length: 1\r\n\r\n."), ""},
      {"/no_colon", say(std::string(ok) + "Bad header\r\nContent-Length: 1\r\n\r\n."), "malformed"},
      {"/line_feeds", say("HTTP/1.1 200 OK\nContent-Length: 1\n\n."), ""},
      {"/folded", say(std::string(ok) + "X: a\r\n b\r\nContent-Length: 1\r\n\r\n."), ""},
      {"/latin1", say(with_length("X: caf\xE9\r\n", ".")), ""},
      {"/no_reason", say("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n."), ""},
      {"/status_999", say("HTTP/1.1 999 X\r\nContent-Length: 1\r\n\r\n."), "http_999"},
      {"/http2", say("HTTP/2 200 OK\r\nContent-Length: 1\r\n\r\n."), "malformed"},
      {"/icy", say("ICY 200 OK\r\nContent-Length: 1\r\n\r\n."), "malformed"},
      {"/ssh", say("SSH-2.0-OpenSSH_9.2\r\n"), "malformed"},
      {"/binary", say(binary), "malformed"},
      {"/short", say(std::string(ok) + "Content-Length: 100\r\n\r\nabc"), "truncated"},
      {"/long", say(std::string(ok) + "Content-Length: 3\r\n\r\nabcEXTRA"), ""},
      {"/two_lengths", say(std::string(ok) + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
       "malformed"},
      {"/length_and_chunks",
       say(std::string(ok) +
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n.\r\n0\r\n\r\n"),
       "malformed"},
      {"/negative_length", say(std::string(ok) + "Content-Length: -1\r\n\r\nabc"), "malformed"},
      {"/huge_length", say(std::string(ok) + "Content-Length: 99999999999999999999\r\n\r\nabc"),
       "malformed"},
      {"/big_length", say_and_wait(std::string(ok) + "Content-Length: 1000000000000\r\n\r\nabc"),
       "body_too_big"},
      {"/huge_chunk", say_and_wait(std::string(chunked) + "FFFFFFFFFFFFFFFF\r\nabc"),
       "body_too_big"},
      {"/bad_chunk", say(std::string(chunked) + "ZZ\r\nabc\r\n"), "malformed"},
      {"/nothing", say(""), "empty"},
      {"/reset",
       [](Peer& peer) {
         peer.send(std::string(ok) + "Content-Length: 100\r\n\r\nabc");
         peer.reset();
       },
       "connection_reset"},
      {"/gzip_bomb",
       say(with_length("Content-Encoding: gzip\r\n", gzip(std::string(60 << 20, '\0')))),
       "inflated_too_big"},
      {"/gzip_cut",
       say(with_length("Content-Encoding: gzip\r\n", packed.substr(0, packed.size() / 2))),
       "bad_encoding"},
      {"/no_gzip", say(with_length("Content-Encoding: gzip\r\n", "plain text")), "bad_encoding"},
      {"/keeps_then_closes", say(with_length("Connection: keep-alive\r\n", ".")), ""},
      {"/204_with_body", say("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nabcde"), ""},
      {"/304", say("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), "http_304"},
      {"/null_in_header", say(with_length("X: a" + std::string(1, '\0') + "b\r\n", ".")),
       "malformed"},
      {"/wrong_charset",
       say(with_length("Content-Type: text/html; charset=no-such\r\n", "<p>\xFF\xFE\xE9</p>")), ""},
      {"/to_file",
       say("HTTP/1.1 302 X\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"),
       "redirect_scheme"},
      {"/to_ftp", say("HTTP/1.1 302 X\r\nLocation: ftp://h/\r\nContent-Length: 0\r\n\r\n"),
       "redirect_scheme"},
      {"/to_elsewhere",
       say("HTTP/1.1 302 X\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n"),
       "redirect_out_of_scope"},
      {"/to_nowhere", say("HTTP/1.1 302 X\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n"),
       "redirect_malformed"},
      {"/to_itself", say("HTTP/1.1 302 X\r\nLocation: /to_itself\r\nContent-Length: 0\r\n\r\n"),
       "redirect_loop"},
      {"/429_absurd",
       say("HTTP/1.1 429 X\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n"),
       "http_429"},
      {"/503", say("HTTP/1.1 503 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"), "http_503"},
      {"/503_date",
       say("HTTP/1.1 503 X\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: "
           "0\r\n\r\n"),
       "http_503"},
  };
}

}  // namespace parlab
