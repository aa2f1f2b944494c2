#include "kernels/network/crawler/fetching/http_client.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

namespace ssl = asio::ssl;

bool within(std::uint32_t address, std::uint32_t net, int bits) {
  return (address ^ net) >> (32 - bits) == 0;
}

bool is_private_v4(std::uint32_t a) {
  return within(a, 0x00000000, 8) || within(a, 0x0A000000, 8) || within(a, 0x64400000, 10) ||
         within(a, 0x7F000000, 8) || within(a, 0xA9FE0000, 16) || within(a, 0xAC100000, 12) ||
         within(a, 0xC0000000, 24) || within(a, 0xC0A80000, 16) || within(a, 0xC6120000, 15) ||
         within(a, 0xE0000000, 4) || within(a, 0xF0000000, 4);
}

constexpr int max_tries_to_resolve = 3;
constexpr std::chrono::milliseconds pause_to_resolve{100};
/// Threads that resolve: each may hold some descriptors.
constexpr int max_resolving = 24;
std::atomic<int> resolving{0};

/// What a resolving thread and the one who waits share; the thread may outlive him.
struct Resolution {
  std::vector<Tcp::endpoint> endpoints;
  std::atomic<bool> done{false};
};

void resolve_into(const std::string& host, std::uint16_t port, Resolution& resolution) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int state = EAI_AGAIN;
  // A name server that is busy, or descriptors that are short, are so for a moment.
  for (int tries = 0; tries < max_tries_to_resolve && (state == EAI_AGAIN || state == EAI_SYSTEM);
       ++tries) {
    if (tries > 0) std::this_thread::sleep_for(pause_to_resolve);
    state = getaddrinfo(host.c_str(), fmt::to_string(port).c_str(), &hints, &found);
  }
  if (state == 0) {
    for (const addrinfo* one = found; one; one = one->ai_next) {
      Tcp::endpoint endpoint;
      if (one->ai_addrlen > endpoint.capacity()) continue;
      std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
      endpoint.resize(one->ai_addrlen);
      resolution.endpoints.push_back(endpoint);
    }
    freeaddrinfo(found);
  }
  resolving.fetch_sub(1, std::memory_order_relaxed);
  resolution.done.store(true, std::memory_order_release);
}

/// Between two looks at whether a name is resolved.
constexpr std::chrono::milliseconds look{2};

std::string tls_error(SSL* connection) {
  switch (SSL_get_verify_result(connection)) {
    case X509_V_OK:
      return "tls_failed";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "tls_expired";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "tls_self_signed";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "tls_wrong_host";
    default:
      return "tls_untrusted";
  }
}

/// What only the proxy is told.
std::string proxy_fields(const Proxy* proxy) {
  if (!proxy || proxy->authorization.empty()) return {};
  return fmt::format("Proxy-Authorization: {}\r\n", proxy->authorization);
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

bool is_private(const asio::ip::address& address) {
  if (address.is_v4()) return is_private_v4(address.to_v4().to_uint());
  const asio::ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped())
    return is_private_v4(asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_uint());
  const auto bytes = v6.to_bytes();
  const bool nat64 = bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xFF && bytes[3] == 0x9B;
  return v6.is_loopback() || v6.is_unspecified() || v6.is_link_local() || v6.is_multicast() ||
         v6.is_site_local() || (bytes[0] & 0xFE) == 0xFC || nat64;
}

bool any_is_private(const Resolved& host) {
  return std::ranges::any_of(host.endpoints, [](const auto& e) { return is_private(e.address()); });
}

Awaitable<Resolved> resolve_host(asio::io_context& loop, Address host,
                                 std::chrono::milliseconds timeout) {
  Resolved resolved;
  boost::system::error_code error;
  const asio::ip::address literal = asio::ip::make_address(host.host(), error);
  if (!error) {
    resolved.endpoints.emplace_back(literal, host.port());
    co_return resolved;
  }
  const auto end = std::chrono::steady_clock::now() + timeout;
  Timer timer(loop.get_executor());
  while (resolving.load(std::memory_order_relaxed) >= max_resolving) {
    if (std::chrono::steady_clock::now() > end) {
      resolved.error = "resolve_timeout";
      co_return resolved;
    }
    timer.expires_after(look);
    co_await timer.async_wait(as_results);
  }
  const auto resolution = std::make_shared<Resolution>();
  resolving.fetch_add(1, std::memory_order_relaxed);
  std::thread([resolution, name = host.host(), port = host.port()] {
    resolve_into(name, port, *resolution);
  }).detach();
  while (!resolution->done.load(std::memory_order_acquire)) {
    if (std::chrono::steady_clock::now() > end) {
      resolved.error = "resolve_timeout";
      co_return resolved;
    }
    timer.expires_after(look);
    co_await timer.async_wait(as_results);
  }
  resolved.endpoints = resolution->endpoints;
  if (resolved.endpoints.empty()) resolved.error = "resolve_failed";
  co_return resolved;
}

HttpConnection::HttpConnection(asio::io_context& loop, Deadlines& deadlines, TlsClient& tls,
                               const CrawlOptions& options)
    : tls_client_(tls),
      options_(options),
      socket_(loop.get_executor()),
      limit_(deadlines, socket_),
      reader_(MessageReader::Kind::response, {.header = 64 * 1024,
                                              .body = options.limits.page_bytes,
                                              .framing = std::uint64_t{256} << 10}) {}

bool HttpConnection::can_be_used_again() const {
  return socket_.is_open() && reader_.complete() && reader_.keep_alive() && !reader_.has_surplus();
}

void HttpConnection::close() {
  limit_.clear();
  tls_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::set_limit(std::chrono::milliseconds phase) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(total_end_ - Deadlines::Clock::now());
  limit_.set(std::clamp(left, std::chrono::milliseconds(0), phase));
}

std::string HttpConnection::lost(const char* phase_timeout, boost::system::error_code error) const {
  if (limit_.passed())
    return Deadlines::Clock::now() >= total_end_ ? "total_timeout" : phase_timeout;
  if (error == asio::error::connection_refused) return "connect_refused";
  if (error == asio::error::no_descriptors ||
      error == boost::system::errc::too_many_files_open_in_system)
    return "too_many_files";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe)
    return "connection_reset";
  return "connection_failed";
}

Awaitable<std::string> HttpConnection::connect(const Address& address, const Proxy* proxy,
                                               const std::vector<Tcp::endpoint>& endpoints) {
  std::string error_class = "connection_failed";
  for (const Tcp::endpoint& endpoint : endpoints) {
    close();
    set_limit(options_.timeouts.connect);
    const auto [error] = co_await socket_.async_connect(endpoint, as_results);
    if (error) {
      error_class = lost("connect_timeout", error);
      if (proxy && error_class != "too_many_files") error_class = "proxy_unreachable";
      continue;
    }
    boost::system::error_code ignored;
    socket_.set_option(Tcp::no_delay(true), ignored);
    reader_.reset();
    if (!address.is_https()) co_return std::string();
    if (proxy) error_class = co_await tunnel(address, *proxy);
    if (!proxy || error_class.empty()) error_class = co_await handshake(address);
    co_return error_class;
  }
  close();
  co_return error_class;
}

/// Has the proxy connect to the host.
Awaitable<std::string> HttpConnection::tunnel(const Address& address, const Proxy& proxy) {
  const std::string target = address.authority() + (address.has_default_port() ? ":443" : "");
  head_for_proxy_ = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\nUser-Agent: {1}\r\n{2}\r\n",
                                target, options_.agent, proxy_fields(&proxy));
  {
    const auto [error, count] =
        co_await asio::async_write(socket_, asio::buffer(head_for_proxy_), as_results);
    if (error) co_return std::string("proxy_unreachable");
  }
  for (reader_.next(true); reader_.wants_more();) {
    const auto room = reader_.room();
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), as_results);
    if (error)
      reader_.ended();
    else
      reader_.took(count);
  }
  const int status = reader_.status();
  const bool is_tunnel = status >= 200 && status < 300;
  // The host speaks behind the tunnel's head, but never first. A refusal may have a body.
  const bool is_answer = reader_.complete() && !(is_tunnel && reader_.has_surplus());
  reader_.reset();
  std::string error_class;
  if (!is_answer)
    error_class = "proxy_unreachable";
  else if (!is_tunnel)
    error_class = fmt::format("proxy_http_{}", status);
  if (!error_class.empty()) close();
  co_return error_class;
}

Awaitable<std::string> HttpConnection::handshake(const Address& address) {
  tls_.emplace(socket_, tls_client_.context());
  SSL* const connection = tls_->native_handle();
  const std::string& host = address.host();
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str());
  } else {
    SSL_set_tlsext_host_name(connection, host.c_str());  // SNI
    SSL_set1_host(connection, host.c_str());
  }
  const auto [error] = co_await tls_->async_handshake(ssl::stream_base::client, as_results);
  std::string error_class;
  if (error) error_class = limit_.passed() ? lost("connect_timeout", error) : tls_error(connection);
  if (error) close();
  co_return error_class;
}

template <class Stream>
Awaitable<std::string> HttpConnection::exchange(Stream& stream, const HttpRequest& request) {
  set_limit(options_.timeouts.first_byte);
  auto phase_begin = Deadlines::Clock::now();
  const auto phase = [&phase_begin] {
    const auto begin = std::exchange(phase_begin, Deadlines::Clock::now());
    return std::chrono::duration<double>(phase_begin - begin).count();
  };
  {
    const auto [error, count] = co_await asio::async_write(stream, asio::buffer(head_), as_results);
    // A server may answer and close before it has read all; its answer is read then.
    if (error && (limit_.passed() || error != asio::error::broken_pipe)) {
      std::string why = lost("first_byte_timeout", error);
      co_return why;
    }
  }
  bool is_first = true;
  for (reader_.next(request.is_head); reader_.wants_more();) {
    if (request.wants_body && reader_.header_complete() && !request.wants_body(reader_)) break;
    const auto room = reader_.room();
    const auto [error, count] =
        co_await stream.async_read_some(asio::buffer(room.data(), room.size()), as_results);
    if (error == asio::error::eof || error == ssl::error::stream_truncated) {
      reader_.ended();
    } else if (error) {
      std::string why = lost(is_first ? "first_byte_timeout" : "idle_timeout", error);
      co_return why;
    } else {
      reader_.took(count);
    }
    if (is_first) phases_.first_byte = phase();
    is_first = false;
    if (Deadlines::Clock::now() >= total_end_) co_return std::string("total_timeout");
    set_limit(options_.timeouts.idle);
  }
  limit_.clear();
  phases_.body = phase();
  std::string fault;
  if (reader_.fault() != MessageFault::none) fault = to_string(reader_.fault());
  co_return fault;
}

/// Whether the connection of the last request is open, as far as is known here: some servers and proxies close it
/// without a word, or with one (408) that is no answer.
bool HttpConnection::is_kept() {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const ssize_t count = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // Within TLS there may be more than answers: keys for later connections.
  return count < 0 ? errno == EAGAIN || errno == EWOULDBLOCK : count > 0 && tls_;
}

Awaitable<std::string> HttpConnection::ask(const Address& address,
                                           const std::vector<Tcp::endpoint>& endpoints,
                                           const HttpRequest& request) {
  // A proxy is told the whole address; within a tunnel the host itself is asked.
  const bool is_forwarded = request.proxy && !address.is_https();
  head_ = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: text/html,*/*;q=0.5\r\n"
      "Accept-Encoding: gzip, deflate\r\n{}{}\r\n",
      request.is_head ? "HEAD" : "GET",
      is_forwarded ? std::string_view(address.text()) : address.target(), address.authority(),
      options_.agent, is_forwarded ? proxy_fields(request.proxy) : std::string(), request.fields);
  total_end_ = Deadlines::Clock::now() + options_.timeouts.total;
  std::string error;
  for (bool is_reused = is_kept();; is_reused = false) {
    phases_ = {};
    if (!is_reused) {
      const auto begin = Deadlines::Clock::now();
      error = co_await connect(address, request.proxy, endpoints);
      phases_.connect = std::chrono::duration<double>(Deadlines::Clock::now() - begin).count();
      if (!error.empty()) co_return error;
    }
    if (tls_)
      error = co_await exchange(*tls_, request);
    else
      error = co_await exchange(socket_, request);
    // The server had closed the idle connection: that is no error, a new one is made.
    const bool was_closed =
        reader_.wire_bytes() == 0 &&
        (error == "empty" || error == "connection_reset" || error == "connection_failed");
    // Some say so before they close it, which is no answer to this request (RFC 9110, 15.5.9).
    const bool had_timed_out = error.empty() && reader_.status() == 408;
    if (!is_reused || !(was_closed || had_timed_out)) break;
  }
  // Only proxies say so (RFC 9110, 15.5.8): the site was not asked.
  if (error.empty() && is_forwarded && reader_.status() == 407) error = "proxy_http_407";
  if (!error.empty() || !can_be_used_again()) close();
  co_return error;
}

TlsClient::TlsClient(const std::string& ca_file) : ca_file_(ca_file) {
  if (!ca_file_.empty()) context();
}

ssl::context& TlsClient::context() {
  if (context_) return *context_;
  context_.emplace(ssl::context::tls_client);
  context_->set_verify_mode(ssl::verify_peer);
  boost::system::error_code error;
  context_->set_default_verify_paths(error);
  if (!ca_file_.empty()) context_->load_verify_file(ca_file_, error);
  if (error && !ca_file_.empty())
    throw UsageError(fmt::format("--ca {}: {}", ca_file_, error.message()));
  return *context_;
}

}  // namespace parlab
