#include "kernels/network/servers/bare_server.hpp"

#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>

#include "kernels/network/http/tcp.hpp"

namespace parlab {
namespace {

namespace http = boost::beast::http;

/// By callbacks, so that no coroutine's frame stands between Beast and the socket.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Socket socket) : socket_(std::move(socket)) {}

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                       if (!error) self->write();
                     });
  }

 private:
  void write() {
    response_ = {http::status::ok, request_.version()};
    response_.keep_alive(request_.keep_alive());
    response_.body().assign(1, '.');
    response_.prepare_payload();
    http::async_write(socket_, response_,
                      [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                        if (!error && self->response_.keep_alive()) self->read();
                      });
  }

  Socket socket_;
  boost::beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;

void accept_from(Acceptor& acceptor) {
  acceptor.async_accept([&](boost::system::error_code error, Socket socket) {
    if (error) return;
    std::make_shared<Connection>(std::move(socket))->read();
    accept_from(acceptor);
  });
}

void serve_bare(const Listener& listener) {
  asio::io_context loop(1);
  Acceptor acceptor(loop.get_executor(), Tcp::v4(), dup(listener.fd()));
  accept_from(acceptor);
  loop.run();
}

}  // namespace

BareServerProcess::BareServerProcess()
    : listener_("127.0.0.1", 0), child_(ChildProcess::fork([&] { serve_bare(listener_); })) {}

}  // namespace parlab
