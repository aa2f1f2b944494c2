#pragma once

// A server that misbehaves, one path a way to. Real sockets and real bytes: each connection has a
// thread of its own, which writes what the path says.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernels/network/servers/delay_server.hpp"

namespace parlab {

class BadServer {
 public:
  /// One connection, as the script of a path sees it.
  class Peer {
   public:
    virtual ~Peer() = default;
    std::string target = {};   // of the request, with its query
    std::string request = {};  // its line and fields
    /// Returns false where the client has gone.
    virtual bool send(std::string_view bytes) = 0;
    /// Sends nothing until the client has gone, or the server ends.
    virtual void wait_for_end() = 0;
    /// Ends the connection by a reset.
    virtual void reset() = 0;
  };
  using Script = std::function<void(Peer&)>;
  enum class Tls { none, expired, self_signed, wrong_host, valid };

  /// Unknown paths answer 404, "/robots.txt" too unless it has a script.
  explicit BadServer(std::map<std::string, Script> scripts, Tls tls = Tls::none);
  BadServer(const BadServer&) = delete;
  BadServer& operator=(const BadServer&) = delete;
  ~BadServer();

  /// "http://127.0.0.1:PORT" or "https://..."
  std::string origin() const;
  /// How often a path was asked for.
  int asked(const std::string& path) const;
  /// The certificate of its own authority, as a PEM file: trusted, `valid` is right.
  const std::string& ca_file() const { return ca_file_; }

 private:
  struct Certificates;
  void accept();
  void converse(int fd);

  std::map<std::string, Script> scripts_;
  Listener listener_;
  Tls tls_;
  std::unique_ptr<Certificates> certificates_;
  std::string ca_file_;
  mutable std::mutex mutex_;
  std::map<std::string, int> asked_;
  std::vector<std::thread> conversations_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

/// The scripts of the bad ways to answer, and the error class that each must end as.
struct BadWay {
  std::string path;
  BadServer::Script script;
  std::string error;  // empty: the page is to be taken
};
std::vector<BadWay> bad_ways();

}  // namespace parlab
