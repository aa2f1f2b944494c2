// Stackful coroutines on one thread (what gevent does): the serial program, in which each wait goes
// on with another stack.

#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/write.hpp>

#include "kernels/network/clients/clients.hpp"
#include "kernels/network/http/deadlines.hpp"

namespace parlab {
namespace {

using Yield = asio::basic_yield_context<Executor>;

struct Crawl {
  const Job& job;
  asio::io_context loop{1};
  Deadlines deadlines{loop};
  Fetched fetched = {};
  std::uint64_t next = 0;
};

bool exchange(Socket& socket, MessageReader& reader, const Job& job, const std::string& text,
              const Yield& yield) {
  boost::system::error_code error;
  if (!socket.is_open()) {
    socket.async_connect({asio::ip::address_v4::loopback(), job.port}, yield[error]);
    if (error) return false;
    socket.set_option(Tcp::no_delay(true));
  }
  asio::async_write(socket, asio::buffer(text), yield[error]);
  if (error) return false;
  for (reader.next(); reader.wants_more();) {
    const auto room = reader.room();
    const std::size_t count =
        socket.async_read_some(asio::buffer(room.data(), room.size()), yield[error]);
    if (error && error != asio::error::eof) return false;
    error ? reader.ended() : reader.took(count);
  }
  return reader.complete();
}

void work(Crawl& crawl, const Yield& yield) {
  const Job& job = crawl.job;
  Socket socket(crawl.loop.get_executor());
  Deadlines::Limit limit(crawl.deadlines, socket);
  MessageReader reader(MessageReader::Kind::response);
  while (crawl.next < job.requests) {
    const std::string text = request_text(job, crawl.next++);
    limit.set(job.timeout);
    const bool ok = exchange(socket, reader, job, text, yield);
    tally(crawl.fetched, reader.body(), ok);
    if (!ok || !reader.keep_alive() || !job.keep_alive) {
      boost::system::error_code ignored;
      socket.close(ignored);
      reader.reset();
    }
  }
}

Fetched fetch_by_stacks(const Job& job) {
  Crawl crawl{job};
  for (std::uint64_t i = 0; i < job.at_once && i < job.requests; ++i)
    asio::spawn(
        crawl.loop.get_executor(), [&crawl](const Yield& yield) { work(crawl, yield); },
        asio::detached);
  crawl.loop.run();
  return crawl.fetched;
}

}  // namespace

Client stackful_client() {
  return {"stackful", "one thread, a stack for each request at once", fetch_by_stacks};
}

}  // namespace parlab
