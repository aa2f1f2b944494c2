// Asio's loop in place of the hand-made one: io_context is the queue, post() puts a function in.

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

namespace asio = boost::asio;

void world(asio::io_context& loop, Conversation& conversation);

void hello(asio::io_context& loop, Conversation& conversation) {
  if (conversation.hello()) asio::post(loop, [&] { world(loop, conversation); });
}
void world(asio::io_context& loop, Conversation& conversation) {
  if (conversation.world()) asio::post(loop, [&] { hello(loop, conversation); });
}

std::uint64_t hello_world(std::uint64_t turns) {
  asio::io_context loop(1);  // one thread runs it, so it may spare some locks
  Conversation conversation(turns);
  asio::post(loop, [&] { hello(loop, conversation); });
  loop.run();
  return conversation.said();
}

std::uint64_t wait_at_once(std::uint64_t tasks, FunctionRef<void()> all_wait) {
  asio::io_context loop(1);
  std::uint64_t sum = 0;
  for (std::uint64_t task = 1; task <= tasks; ++task)
    asio::post(loop, [&sum, task] { sum += task; });
  all_wait();
  loop.run();
  return sum;
}

}  // namespace

LoopStyle asio_post_style() {
  return {"asio_post", "functions posted to an io_context", hello_world, wait_at_once};
}

}  // namespace parlab
