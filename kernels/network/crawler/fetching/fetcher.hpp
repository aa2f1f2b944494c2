#pragma once

// Sends a crawl's requests: finds hosts, keeps their connections for the next request, and closes the
// one that has been idle longest where descriptors are short.

#include <list>
#include <memory>
#include <string>

#include "kernels/network/crawler/fetching/http_client.hpp"
#include "kernels/network/crawler/fetching/turns.hpp"

namespace parlab {

struct Answer {
  std::string error;  // its class; empty where the answer is whole
  std::unique_ptr<HttpConnection> connection;
  bool is_elsewhere = false;  // from another host than the one that was asked first
  MessageReader& reader() const { return connection->reader(); }
};

class Fetcher {
 public:
  Fetcher(asio::io_context& loop, const CrawlOptions& options);

  /// Finds out whether the start's address is private, which says that private ones are meant.
  Awaitable<> learn_from(const Address& start);
  /// Resolves the host of the address. Returns the error's class; empty where there is none.
  Awaitable<std::string> locate(Host& host, const Address& address);
  /// Asks over a kept connection or a new one. Requires a host that was located.
  Awaitable<Answer> fetch(Host& host, const Address& address, HttpRequest request);
  /// Keeps the connection for another request, if it can be used again.
  void give_back(Host& host, std::unique_ptr<HttpConnection> connection);

  /// One that has asked for nothing, for an answer that there is none.
  std::unique_ptr<HttpConnection> unused_connection();

  std::uint64_t requests() const { return requests_; }
  /// Requests that may be under way at once: fewer than asked for where descriptors are short.
  std::uint64_t max_at_once() const;

 private:
  void make_room();
  void close_oldest();

  asio::io_context& loop_;
  const CrawlOptions& options_;
  Deadlines deadlines_{loop_};
  TlsClient tls_;
  bool private_allowed_;
  IdleConnections idle_;  // the one that is idle longest first
  std::uint64_t in_use_ = 0;
  std::uint64_t max_open_;
  std::uint64_t requests_ = 0;
};

}  // namespace parlab
