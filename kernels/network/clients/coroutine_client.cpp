// C++20 coroutines on one thread: the serial program with co_await before whatever waits.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

#include "kernels/network/clients/clients.hpp"
#include "kernels/network/http/deadlines.hpp"

namespace parlab {
namespace {

struct Crawl {
  const Job& job;
  asio::io_context loop{1};
  Deadlines deadlines{loop};
  Fetched fetched = {};
  std::uint64_t next = 0;
};

Awaitable<bool> exchange(Socket& socket, MessageReader& reader, const Job& job,
                         const std::string& text) {
  if (!socket.is_open()) {
    const Tcp::endpoint server(asio::ip::address_v4::loopback(), job.port);
    const auto [error] = co_await socket.async_connect(server, as_results);
    if (error) co_return false;
    socket.set_option(Tcp::no_delay(true));
  }
  {
    const auto [error, count] = co_await asio::async_write(socket, asio::buffer(text), as_results);
    if (error) co_return false;
  }
  for (reader.next(); reader.wants_more();) {
    const auto room = reader.room();
    const auto [error, count] =
        co_await socket.async_read_some(asio::buffer(room.data(), room.size()), as_results);
    if (error && error != asio::error::eof) co_return false;
    error ? reader.ended() : reader.took(count);
  }
  co_return reader.complete();
}

Awaitable<> work(Crawl& crawl) {
  const Job& job = crawl.job;
  Socket socket(crawl.loop.get_executor());
  Deadlines::Limit limit(crawl.deadlines, socket);
  MessageReader reader(MessageReader::Kind::response);
  while (crawl.next < job.requests) {
    const std::string text = request_text(job, crawl.next++);
    limit.set(job.timeout);
    const bool ok = co_await exchange(socket, reader, job, text);
    tally(crawl.fetched, reader.body(), ok);
    if (!ok || !reader.keep_alive() || !job.keep_alive) {
      boost::system::error_code ignored;
      socket.close(ignored);
      reader.reset();
    }
  }
}

Fetched fetch_by_coroutines(const Job& job) {
  Crawl crawl{job};
  for (std::uint64_t i = 0; i < job.at_once && i < job.requests; ++i)
    asio::co_spawn(crawl.loop.get_executor(), work(crawl), asio::detached);
  crawl.loop.run();
  return crawl.fetched;
}

}  // namespace

Client coroutine_client() {
  return {"coroutines", "one thread, a C++20 coroutine for each request at once",
          fetch_by_coroutines};
}

}  // namespace parlab
