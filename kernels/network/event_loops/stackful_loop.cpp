// Stackful coroutines (gevent's greenlets): each task has its own stack, so that it can wait
// within any function it calls, and those functions need not know. The price is the stack.

#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <memory>

#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

namespace asio = boost::asio;

/// Bytes; only the pages that are touched take memory. Asio's default of 128 KiB would ask for
/// 13 GB of addresses at 1e5 tasks.
constexpr std::size_t stack_bytes = std::size_t{16} << 10;

template <class Body>
void start(asio::io_context& loop, Body body) {
  asio::spawn(loop, std::allocator_arg, boost::context::fixedsize_stack(stack_bytes),
              std::move(body), asio::detached);
}

std::uint64_t hello_world(std::uint64_t turns) {
  asio::io_context loop(1);
  Conversation conversation(turns);
  start(loop, [&](asio::yield_context yield) {
    while (conversation.goes_on() && conversation.hello()) asio::post(loop, yield);
  });
  start(loop, [&](asio::yield_context yield) {
    while (conversation.goes_on() && conversation.world()) asio::post(loop, yield);
  });
  loop.run();
  return conversation.said();
}

std::uint64_t wait_at_once(std::uint64_t tasks, FunctionRef<void()> all_wait) {
  asio::io_context loop(1);
  asio::steady_timer event(loop, asio::steady_timer::time_point::max());
  std::uint64_t sum = 0;
  for (std::uint64_t task = 1; task <= tasks; ++task)
    start(loop, [&event, &sum, task](const asio::yield_context& yield) {
      boost::system::error_code cancelled;
      event.async_wait(yield[cancelled]);
      sum += task;
    });
  loop.poll();
  all_wait();
  event.cancel();
  loop.run();
  return sum;
}

}  // namespace

LoopStyle stackful_style() {
  return {"stackful", "stackful coroutines (Boost.Context), a stack each", hello_world,
          wait_at_once};
}

}  // namespace parlab
