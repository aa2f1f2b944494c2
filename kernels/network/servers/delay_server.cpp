#include "kernels/network/servers/delay_server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <deque>
#include <nlohmann/json.hpp>
#include <system_error>

#include "kernels/network/http/hangup.hpp"
#include "kernels/network/http/http_parser.hpp"
#include "kernels/network/servers/request_rules.hpp"

namespace parlab {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
// The executor's own type instead of any_io_executor: each of its uses would be an indirect call.
using Executor = asio::io_context::executor_type;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> answer_as_tuple;

constexpr std::int64_t max_delay = 3'600'000;  // milliseconds: an hour

/// A request is a line and some fields: whoever sends more is not a client of ours.
constexpr MessageLimits request_limits{.header = 64 * 1024, .body = 1 << 20};

std::string_view parameter(std::string_view target, std::string_view name) {
  std::size_t at = target.find('?');
  while (at < target.size()) {
    std::string_view pair = target.substr(at + 1, target.find('&', at + 1) - at - 1);
    at = target.find('&', at + 1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

class Server {
 public:
  Server(const Listener& listener, const DelayServerOptions& options)
      : options_(options),
        site_(options.site),
        origin_(listener.origin()),
        // Its own descriptor: the listener's stays open for whoever made it.
        acceptor_(io_.get_executor(),
                  listener.origin().find('[') == std::string::npos ? Tcp::v4() : Tcp::v6(),
                  dup(listener.fd())) {}

  Served run() {
    Served served;
    asio::signal_set signals(io_, SIGINT, SIGTERM);
    add_hangup(signals);
    signals.async_wait([&](boost::system::error_code error, int signal) {
      if (error) return;
      served.signal = signal;
      io_.stop();
    });
    asio::co_spawn(io_.get_executor(), accept(), asio::detached);
    io_.run();
    served.requests = requests_;
    served.report_error = report_error_;
    return served;
  }

 private:
  struct Remembered {
    std::string name, target;
    int status;
    double start, end;  // seconds since the server began

    std::string line() const {
      return nlohmann::json({{"name", name},
                             {"target", target},
                             {"status", status},
                             {"start", start},
                             {"end", end}})
                 .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
             "\n";
    }
  };

  Awaitable<> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(answer_as_tuple);
      if (!error) {
        asio::co_spawn(io_.get_executor(), converse(std::move(socket)), asio::detached);
        continue;
      }
      // No descriptor is left: one will be when a connection ends.
      Timer pause(io_.get_executor(), std::chrono::milliseconds(10));
      co_await pause.async_wait(answer_as_tuple);
    }
  }

  Awaitable<> converse(Socket socket) {
    MessageReader request(MessageReader::Kind::request, request_limits);
    Timer timer(io_.get_executor());
    std::string reply;
    for (;; request.next()) {
      bool has_told_to_continue = false;
      while (request.wants_more()) {
        if (!has_told_to_continue && waits_for_continue(request)) {
          has_told_to_continue = true;
          reply = "HTTP/1.1 100 Continue\r\n\r\n";
          co_await asio::async_write(socket, asio::buffer(reply), answer_as_tuple);
        }
        const auto room = request.room();
        auto [error, count] = co_await socket.async_read_some(
            asio::buffer(room.data(), room.size()), answer_as_tuple);
        if (error) co_return;
        request.took(count);
      }
      const int refused = request.complete() ? refusal(request) : 400;
      if (refused != 0) {
        reply = fmt::format("HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                            refused == 417 ? "417 Expectation Failed" : "400 Bad Request");
        co_await asio::async_write(socket, asio::buffer(reply), answer_as_tuple);
        break;
      }
      const double start = now();
      SiteReply content;
      const std::string_view target = path_and_query(request.target());
      const std::string_view path = target.substr(0, target.find('?'));
      if (path == "/add") {
        const std::chrono::milliseconds delay = add(target, content);
        if (delay.count() > 0) {
          timer.expires_after(delay);
          co_await timer.async_wait(answer_as_tuple);
        }
      } else if (path == "/report") {
        content.type = "application/jsonl";
        for (const Remembered& one : remembered_) content.body += one.line();
      } else if (MadeUpSite::owns(path)) {
        content = site_.reply(path, origin_, accepts_gzip(request.field("accept-encoding")));
      } else {
        content.status = 404;
        content.body = "Known: /add?name=NAME&delay=MS, /report, /site/\n";
      }
      const bool keeps = request.keep_alive();
      const bool only_head = request.method() == "HEAD";
      // HTTP/1.0 keeps a connection only where both sides say so.
      std::string_view connection;
      if (!keeps)
        connection = "Connection: close\r\n";
      else if (request.version() < 11)
        connection = "Connection: keep-alive\r\n";
      head(content, connection, reply);
      const int pieces = only_head ? 1 : content.pieces;
      const std::size_t piece = (content.body.size() + pieces - 1) / pieces;
      bool lost = false;
      for (int i = 0; i < pieces && !lost; ++i) {
        if (i > 0) {
          timer.expires_after(content.pause);
          co_await timer.async_wait(answer_as_tuple);
          reply.clear();
        }
        if (!only_head) reply.append(content.body, std::min(i * piece, content.body.size()), piece);
        auto [error, count] =
            co_await asio::async_write(socket, asio::buffer(reply), answer_as_tuple);
        lost = static_cast<bool>(error);
      }
      ++requests_;
      remember(target, content.status, start);
      if (lost || !keeps) break;
    }
    boost::system::error_code ignored;
    socket.shutdown(Tcp::socket::shutdown_send, ignored);
  }

  /// /add: fills the answer, returns the delay.
  static std::chrono::milliseconds add(std::string_view target, SiteReply& content) {
    content.type = "text/plain";
    const std::string_view value = parameter(target, "value");
    content.body = value.empty() ? "." : value;
    const std::string_view words = parameter(target, "delay");
    std::int64_t delay = 0;
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), delay);
    if (!words.empty() && (error != std::errc() || end != words.data() + words.size() ||
                           delay < 0 || delay > max_delay)) {
      content.status = 400;
      content.body = "delay: a whole number of milliseconds, at most an hour\n";
      return {};
    }
    return std::chrono::milliseconds(delay);
  }

  static void head(const SiteReply& content, std::string_view connection, std::string& reply) {
    reply.clear();
    fmt::format_to(std::back_inserter(reply),
                   "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", content.status,
                   content.status < 300   ? "OK"
                   : content.status < 400 ? "Moved"
                                          : "Error",
                   content.type, content.body.size());
    if (!content.location.empty())
      fmt::format_to(std::back_inserter(reply), "Location: {}\r\n", content.location);
    if (content.gzipped) reply += "Content-Encoding: gzip\r\n";
    reply.append(connection).append("\r\n");
  }

  void remember(std::string_view target, int status, double start) {
    if (!options_.report && options_.remembered == 0) return;
    Remembered one{std::string(parameter(target, "name")), std::string(target), status, start,
                   now()};
    if (options_.report) {
      errno = 0;
      const bool written =
          std::fputs(one.line().c_str(), options_.report) >= 0 && std::fflush(options_.report) == 0;
      if (!written && report_error_ == 0) report_error_ = errno != 0 ? errno : EIO;
    }
    if (options_.remembered == 0) return;
    if (remembered_.size() == options_.remembered) remembered_.pop_front();
    remembered_.push_back(std::move(one));
  }

  double now() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  const DelayServerOptions& options_;
  MadeUpSite site_;
  std::string origin_;
  asio::io_context io_{1};
  asio::basic_socket_acceptor<Tcp, Executor> acceptor_;
  Clock::time_point begin_ = Clock::now();
  std::uint64_t requests_ = 0;
  int report_error_ = 0;
  std::deque<Remembered> remembered_;
};

}  // namespace

Served serve(const Listener& listener, const DelayServerOptions& options) {
  return Server(listener, options).run();
}

DelayServerProcess::DelayServerProcess(const DelayServerOptions& options)
    : listener_("127.0.0.1", 0), child_(ChildProcess::fork([&] { serve(listener_, options); })) {}

}  // namespace parlab
