#pragma once

// Asio's types with io_context's own executor in place of any_io_executor, which would add an
// indirect call to each of its uses and keeps a coroutine's frame larger.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace parlab {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;

/// co_await gives [error, results...] instead of throwing: a lost connection is not an exception
/// here.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> as_results;

}  // namespace parlab
