// Asio gives a std::future for any operation that is started with use_future. get() would block the
// only thread, so the loop is run first until nothing is ready.

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <vector>

#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

namespace asio = boost::asio;

std::uint64_t hello_world(std::uint64_t turns) {
  asio::io_context loop(1);
  Conversation conversation(turns);
  while (conversation.goes_on()) {
    std::future<bool> hello =
        asio::post(loop, asio::use_future([&] { return conversation.hello(); }));
    loop.poll();
    loop.restart();
    if (!hello.get()) break;
    std::future<bool> world =
        asio::post(loop, asio::use_future([&] { return conversation.world(); }));
    loop.poll();
    loop.restart();
    world.get();
  }
  return conversation.said();
}

std::uint64_t wait_at_once(std::uint64_t tasks, FunctionRef<void()> all_wait) {
  asio::io_context loop(1);
  asio::steady_timer event(loop, asio::steady_timer::time_point::max());
  std::vector<std::future<std::uint64_t>> results;
  for (std::uint64_t task = 1; task <= tasks; ++task)
    results.push_back(
        event.async_wait(asio::use_future([task](boost::system::error_code) { return task; })));
  all_wait();
  event.cancel();
  loop.run();
  std::uint64_t sum = 0;
  for (auto& result : results) sum += result.get();
  return sum;
}

}  // namespace

LoopStyle asio_future_style() {
  return {"asio_futures", "std::future from Asio's use_future", hello_world, wait_at_once};
}

}  // namespace parlab
