// An event loop is a queue of functions, and a task that waits is a function in it.

#include <functional>
#include <queue>

#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

class EventLoop {
 public:
  void put(std::function<void()> function) { queue_.push(std::move(function)); }
  void run() {
    while (!queue_.empty()) {
      const std::function<void()> next = std::move(queue_.front());
      queue_.pop();
      next();
    }
  }

 private:
  std::queue<std::function<void()>> queue_;
};

void world(EventLoop& loop, Conversation& conversation);

void hello(EventLoop& loop, Conversation& conversation) {
  if (conversation.hello()) loop.put([&] { world(loop, conversation); });
}
void world(EventLoop& loop, Conversation& conversation) {
  if (conversation.world()) loop.put([&] { hello(loop, conversation); });
}

std::uint64_t hello_world(std::uint64_t turns) {
  EventLoop loop;
  Conversation conversation(turns);
  loop.put([&] { hello(loop, conversation); });
  loop.run();
  return conversation.said();
}

std::uint64_t wait_at_once(std::uint64_t tasks, FunctionRef<void()> all_wait) {
  EventLoop loop;
  std::uint64_t sum = 0;
  for (std::uint64_t task = 1; task <= tasks; ++task) loop.put([&sum, task] { sum += task; });
  all_wait();
  loop.run();
  return sum;
}

}  // namespace

LoopStyle by_hand_style() {
  return {"by_hand", "a queue of std::function", hello_world, wait_at_once};
}

}  // namespace parlab
