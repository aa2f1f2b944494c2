// std::future: a result that will be there. It cannot be told what to do then (it has no then()),
// so somebody has to ask for it: here the loop's own caller, after the loop has run.

#include <future>
#include <queue>
#include <vector>

#include "kernels/network/event_loops/event_loops.hpp"

namespace parlab {
namespace {

/// A loop that hands out futures of what its functions return.
class EventLoop {
 public:
  template <class Function>
  std::future<std::uint64_t> put(Function function) {
    queue_.emplace(std::move(function));
    return queue_.back().get_future();
  }
  void run() {
    for (; !queue_.empty(); queue_.pop()) queue_.front()();
  }

 private:
  std::queue<std::packaged_task<std::uint64_t()>> queue_;
};

std::uint64_t hello_world(std::uint64_t turns) {
  EventLoop loop;
  Conversation conversation(turns);
  while (conversation.goes_on()) {
    std::future<std::uint64_t> hello =
        loop.put([&] { return std::uint64_t{conversation.hello()}; });
    loop.run();
    if (hello.get() == 0) break;
    std::future<std::uint64_t> world =
        loop.put([&] { return std::uint64_t{conversation.world()}; });
    loop.run();
    world.get();
  }
  return conversation.said();
}

std::uint64_t wait_at_once(std::uint64_t tasks, FunctionRef<void()> all_wait) {
  EventLoop loop;
  std::vector<std::future<std::uint64_t>> results;
  for (std::uint64_t task = 1; task <= tasks; ++task)
    results.push_back(loop.put([task] { return task; }));
  all_wait();
  loop.run();
  std::uint64_t sum = 0;
  for (auto& result : results) sum += result.get();
  return sum;
}

}  // namespace

LoopStyle std_future_style() {
  return {"std_futures", "std::future, asked for when the loop has run", hello_world, wait_at_once};
}

}  // namespace parlab
