// Blocking sockets: a thread waits for each answer. With one thread that is the serial crawler;
// with one for each request at once, the operating system's scheduler is the event loop.

#include <atomic>
#include <thread>

#include "kernels/network/clients/clients.hpp"
#include "kernels/network/http/blocking_connection.hpp"

namespace parlab {
namespace {

/// Fetches until no request is left.
Fetched work(const Job& job, std::atomic<std::uint64_t>& next) {
  Fetched fetched;
  BlockingConnection connection(job.port, job.timeout);
  MessageReader reader(MessageReader::Kind::response);
  for (std::uint64_t i = 0; (i = next.fetch_add(1, std::memory_order_relaxed)) < job.requests;) {
    const bool ok =
        connection.open() && connection.write(request_text(job, i)) && connection.read(reader);
    tally(fetched, reader.body(), ok);
    if (!ok || !reader.keep_alive() || !job.keep_alive) {
      connection.close();
      reader.reset();
    }
  }
  return fetched;
}

Fetched fetch_serially(const Job& job) {
  std::atomic<std::uint64_t> next{0};
  return work(job, next);
}

Fetched fetch_by_threads(const Job& job) {
  std::atomic<std::uint64_t> next{0};
  std::vector<Fetched> results(job.at_once);
  {
    std::vector<std::jthread> threads;
    for (Fetched& result : results) threads.emplace_back([&] { result = work(job, next); });
  }
  Fetched all;
  for (const Fetched& one : results) all.add(one);
  return all;
}

}  // namespace

Client serial_client() { return {"serial", "one request after the other", fetch_serially, true}; }
Client thread_client() {
  return {"threads", "blocking sockets, a thread for each request at once", fetch_by_threads};
}

}  // namespace parlab
