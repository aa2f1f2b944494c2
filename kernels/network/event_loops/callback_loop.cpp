// Callbacks: an operation takes the function that goes on when it is done. What would be a loop in
// a straight program is two functions that name each other, and their variables live in an object.

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

namespace asio = boost::asio;

/// The least operation that there is: it is done when the loop comes to it.
template <class Callback>
void operate(asio::io_context& loop, Callback callback) {
  asio::post(loop, [callback] { callback(); });
}

class Talk {
 public:
  Talk(asio::io_context& loop, std::uint64_t turns) : loop_(loop), conversation_(turns) {}
  void hello() {
    if (conversation_.hello()) operate(loop_, [this] { world(); });
  }
  void world() {
    if (conversation_.world()) operate(loop_, [this] { hello(); });
  }
  std::uint64_t said() const { return conversation_.said(); }

 private:
  asio::io_context& loop_;
  Conversation conversation_;
};

std::uint64_t hello_world(std::uint64_t turns) {
  asio::io_context loop(1);
  Talk talk(loop, turns);
  talk.hello();
  loop.run();
  return talk.said();
}

std::uint64_t wait_at_once(std::uint64_t tasks, FunctionRef<void()> all_wait) {
  asio::io_context loop(1);
  asio::steady_timer event(loop, asio::steady_timer::time_point::max());
  std::uint64_t sum = 0;
  for (std::uint64_t task = 1; task <= tasks; ++task)
    event.async_wait([&sum, task](boost::system::error_code) { sum += task; });
  all_wait();
  event.cancel();  // all who wait go on
  loop.run();
  return sum;
}

}  // namespace

LoopStyle callback_style() {
  return {"callbacks", "each operation gets the function to call next", hello_world, wait_at_once};
}

}  // namespace parlab
