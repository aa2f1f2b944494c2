#pragma once

// One request over one connection, with every wait bounded. What goes wrong has a name: the error
// class of the result lines.

#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/network/crawler/crawler.hpp"
#include "kernels/network/crawler/parsing/address.hpp"
#include "kernels/network/http/deadlines.hpp"
#include "kernels/network/http/http_parser.hpp"

namespace parlab {

/// Where a host is, or why it cannot be asked.
struct Resolved {
  std::vector<Tcp::endpoint> endpoints = {};
  std::string error = {};  // resolve_failed, resolve_timeout, private_address
};

/// An address that is not of the public internet: loopback, private, link-local, multicast and so
/// on (RFC 6890).
bool is_private(const asio::ip::address& address);
bool any_is_private(const Resolved& host);

/// On a thread of its own, so that one slow name holds up no other.
Awaitable<Resolved> resolve_host(asio::io_context& loop, Address host,
                                 std::chrono::milliseconds timeout);

struct HttpRequest {
  bool is_head = false;
  /// More header lines, each with its end: "Cookie: a=b\r\n".
  std::string fields = {};
  /// Asked once the head is there, where it is set: whether the body is wanted. Otherwise the connection is
  /// closed.
  std::function<bool(const MessageReader& reader)> wants_body = {};
  /// Whose endpoints are given; nullptr where they are the host's.
  const Proxy* proxy = nullptr;
};

/// How long each phase of a request took. Seconds.
struct HttpPhases {
  double connect = 0;     // with TLS; 0 on a kept connection
  double first_byte = 0;  // from the request to the answer's first byte
  double body = 0;        // from there to its last
};

/// A TLS client's context: verifies against the system's certificates and `ca_file`. Made when it is needed, because
/// to read the system's takes as long as some hundred pages.
class TlsClient {
 public:
  /// Throws UsageError where `ca_file`, unless empty, cannot be read.
  explicit TlsClient(const std::string& ca_file);
  asio::ssl::context& context();

 private:
  std::string ca_file_;
  std::optional<asio::ssl::context> context_;
};

class HttpConnection {
 public:
  HttpConnection(asio::io_context& loop, Deadlines& deadlines, TlsClient& tls,
                 const CrawlOptions& options);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends GET or HEAD and reads the answer into reader(). Returns the error's class, empty where the
  /// answer is whole, or its body is not wanted.
  Awaitable<std::string> ask(const Address& address, const std::vector<Tcp::endpoint>& endpoints,
                             const HttpRequest& request);

  MessageReader& reader() { return reader_; }
  /// Of the last request.
  const HttpPhases& phases() const { return phases_; }
  /// Whether another request may follow.
  bool can_be_used_again() const;

 private:
  using Tls = asio::ssl::stream<Socket&>;

  Awaitable<std::string> connect(const Address& address, const Proxy* proxy,
                                 const std::vector<Tcp::endpoint>& endpoints);
  Awaitable<std::string> tunnel(const Address& address, const Proxy& proxy);
  Awaitable<std::string> handshake(const Address& address);
  template <class Stream>
  Awaitable<std::string> exchange(Stream& stream, const HttpRequest& request);
  bool is_kept();
  void set_limit(std::chrono::milliseconds phase);
  std::string lost(const char* phase_timeout, boost::system::error_code error) const;
  void close();

  TlsClient& tls_client_;
  const CrawlOptions& options_;
  Socket socket_;
  Deadlines::Limit limit_;
  std::optional<Tls> tls_;
  MessageReader reader_;
  Deadlines::Clock::time_point total_end_;
  HttpPhases phases_;
  std::string head_, head_for_proxy_;  // of the request, as it is sent
};

}  // namespace parlab
