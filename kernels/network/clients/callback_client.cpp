// Callbacks on one thread: each connection fetches the next request when its last has ended.

#include <memory>

#include "kernels/network/clients/callback_connection.hpp"

namespace parlab {
namespace {

Fetched fetch_by_callbacks(const Job& job) {
  asio::io_context loop(1);
  Deadlines deadlines(loop);
  Fetched fetched;
  std::uint64_t next = 0;
  std::vector<std::unique_ptr<CallbackConnection>> connections;
  std::uint64_t open = 0;
  for (; open < job.at_once && next < job.requests; ++open) {
    connections.push_back(std::make_unique<CallbackConnection>(loop, deadlines, job));
    CallbackConnection& connection = *connections.back();
    connection.on_answer = [&](std::string_view body, bool ok) {
      tally(fetched, body, ok);
      if (next < job.requests)
        connection.fetch(next++);
      else if (--open == 0)
        loop.stop();
    };
    connection.fetch(next++);
  }
  if (open > 0) loop.run();
  return fetched;
}

}  // namespace

Client callback_client() {
  return {"callbacks", "one thread, a function for what comes next", fetch_by_callbacks};
}

}  // namespace parlab
