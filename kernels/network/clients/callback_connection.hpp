#pragma once

// One connection that fetches by callbacks: connected(), written() and took() each say what comes
// next, and what a straight program keeps on its stack lives in the object.

#include <boost/asio/write.hpp>
#include <functional>
#include <string>

#include "kernels/network/clients/clients.hpp"
#include "kernels/network/http/deadlines.hpp"

namespace parlab {

class CallbackConnection {
 public:
  CallbackConnection(asio::io_context& loop, Deadlines& deadlines, const Job& job)
      : job_(job),
        socket_(loop.get_executor()),
        limit_(deadlines, socket_),
        reader_(MessageReader::Kind::response) {}

  /// Called with the body and whether it came whole. May call fetch().
  std::function<void(std::string_view body, bool ok)> on_answer;

  void fetch(std::uint64_t request) {
    text_ = request_text(job_, request);
    limit_.set(job_.timeout);
    if (socket_.is_open()) return write();
    const Tcp::endpoint server(asio::ip::address_v4::loopback(), job_.port);
    socket_.async_connect(server, [this](boost::system::error_code error) {
      if (error) return end(false);
      socket_.set_option(Tcp::no_delay(true));
      write();
    });
  }

 private:
  void write() {
    asio::async_write(socket_, asio::buffer(text_),
                      [this](boost::system::error_code error, std::size_t) {
                        if (error) return end(false);
                        reader_.next();
                        read();
                      });
  }
  void read() {
    if (!reader_.wants_more()) return end(reader_.complete());
    const auto room = reader_.room();
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [this](boost::system::error_code error, std::size_t count) {
                              if (error && error != asio::error::eof) return end(false);
                              error ? reader_.ended() : reader_.took(count);
                              read();
                            });
  }
  void end(bool ok) {
    limit_.clear();
    const bool keeps = ok && job_.keep_alive && reader_.keep_alive();
    if (!keeps) {
      boost::system::error_code ignored;
      socket_.close(ignored);
    }
    const std::string body = std::move(reader_.body());
    if (!keeps) reader_.reset();
    on_answer(body, ok);
  }

  const Job& job_;
  Socket socket_;
  Deadlines::Limit limit_;
  MessageReader reader_;
  std::string text_;
};

}  // namespace parlab
