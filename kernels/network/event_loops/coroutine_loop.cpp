// C++20 coroutines: hello and world are loops again. At co_await the compiler puts what is needed
// later into a frame on the heap, and the thread goes on with somebody else.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;

asio::awaitable<void> hello(asio::io_context& loop, Conversation& conversation) {
  while (conversation.goes_on() && conversation.hello()) co_await asio::post(loop, use_awaitable);
}
asio::awaitable<void> world(asio::io_context& loop, Conversation& conversation) {
  while (conversation.goes_on() && conversation.world()) co_await asio::post(loop, use_awaitable);
}

std::uint64_t hello_world(std::uint64_t turns) {
  asio::io_context loop(1);
  Conversation conversation(turns);
  asio::co_spawn(loop, hello(loop, conversation), asio::detached);
  asio::co_spawn(loop, world(loop, conversation), asio::detached);
  loop.run();
  return conversation.said();
}

asio::awaitable<void> add_when(asio::steady_timer& event, std::uint64_t task, std::uint64_t& sum) {
  co_await event.async_wait(asio::as_tuple(use_awaitable));
  sum += task;
}

std::uint64_t wait_at_once(std::uint64_t tasks, FunctionRef<void()> all_wait) {
  asio::io_context loop(1);
  asio::steady_timer event(loop, asio::steady_timer::time_point::max());
  std::uint64_t sum = 0;
  for (std::uint64_t task = 1; task <= tasks; ++task)
    asio::co_spawn(loop, add_when(event, task, sum), asio::detached);
  loop.poll();  // each runs up to its wait
  all_wait();
  event.cancel();
  loop.run();
  return sum;
}

}  // namespace

LoopStyle coroutine_style() {
  return {"coroutines", "C++20 coroutines, a frame on the heap each", hello_world, wait_at_once};
}

}  // namespace parlab
