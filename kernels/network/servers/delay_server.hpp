#pragma once

// The lab's HTTP server: answers after as long as it is asked to, so that a client's way of waiting
// is what a measurement shows.
//
//   /add?name=N&delay=MS[&value=V]   answers "." (or V) after MS milliseconds
//   /report                          what it remembers: a JSON line a request, oldest first
//   /site/, /robots.txt, /sitemap.xml   made_up_site.hpp
//
// One thread, one coroutine a connection, on Asio; messages are parsed by Beast.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "kernels/network/servers/synthetic_site.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/child_process.hpp"

namespace parlab {

struct DelayServerOptions {
  SiteOptions site = {};
  /// Where each request's start and end go as it ends: {"name", "target", "status", "start",
  /// "end"}, in seconds since the server began. Null for nowhere.
  std::FILE* report = nullptr;
  /// How many requests /report remembers; the oldest are dropped.
  std::size_t remembered = 0;
};

/// A listening TCP socket.
class Listener {
 public:
  /// `port` 0: any that is free. Throws UsageError where the address cannot be had.
  Listener(const std::string& address, std::uint16_t port);

  std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:8080"
  std::string origin() const;
  int fd() const { return socket_.get(); }

 private:
  std::string address_;
  std::uint16_t port_ = 0;
  FileDescriptor socket_;
};

struct Served {
  std::uint64_t requests = 0;
  int signal = 0;        // that ended it; 0 where it was stopped otherwise
  int report_error = 0;  // errno of the first line of the report that could not be written
};

/// Serves until SIGINT, SIGTERM or SIGHUP.
Served serve(const Listener& listener, const DelayServerOptions& options);

/// A server in its own process, on a free port of 127.0.0.1. It ends with this object, or with
/// the thread that made it.
class DelayServerProcess {
 public:
  explicit DelayServerProcess(const DelayServerOptions& options = {});

  std::uint16_t port() const { return listener_.port(); }
  std::string origin() const { return listener_.origin(); }

 private:
  Listener listener_;
  ChildProcess child_;
};

}  // namespace parlab
