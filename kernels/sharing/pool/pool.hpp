#pragma once

// Pool and ThreadPool: functions called by workers, which are processes or threads.
//
//   bool is_prime(std::uint64_t n);
//   Pool pool(4);
//   const std::vector<bool> answers = pool.map(is_prime, numbers);
//   for (bool answer : pool.imap(is_prime, numbers, 100)) ...
//   AsyncResult<bool> later = pool.apply_async(is_prime, 97);   later.get(1s);
//   pool.map_async(is_prime, numbers, 0, {.callback = [](const std::vector<bool>& answers) {...}});
//
// A Pool's workers are forked when it is made: they have the memory of that moment, and shared
// objects that were made before. A task is therefore a function, or a lambda that captures nothing,
// and all else it needs comes as its argument (wire.hpp, serialised.hpp), from a global that was
// set before, or from the initializer. A ThreadPool's tasks may capture.
//
// A worker that dies takes its chunk with it, which gives WorkerDied and is never run again; those
// that it had not begun go to others, and another worker takes its place. What a task throws
// reaches the caller: from a process as TaskFailed, from a thread as it is.
//
// Cost: chunks and results of processes go through shared memory (processes/task_board.hpp): less than
// half a microsecond a chunk while there are more, nanoseconds an item. A chunk or a result longer
// than 64 KiB takes a wake-up more. Whoever waits looks for 50 us, giving the core to others, and then
// sleeps.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/base/text/exactly.hpp"
#include "kernels/sharing/pool/async_result.hpp"
#include "kernels/sharing/pool/callbacks.hpp"
#include "kernels/sharing/pool/imap_result.hpp"
#include "kernels/sharing/pool/pool_chunk.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

using PoolOptions = WorkerGroupOptions;

/// What both pools have.
template <bool workers_are_processes>
class BasicPool {
 public:
  using Options = PoolOptions;
  template <class Items>
  using ItemOf = std::remove_cvref_t<decltype(*std::begin(std::declval<const Items&>()))>;
  template <class Function, class Items>
  using MapResult = std::vector<TaskResult<Function, ItemOf<Items>>>;

  /// `workers` >= 1. A Pool throws ForkRefused where threads run that its workers would not have,
  /// and OutOfRoom where no process or descriptor is left.
  explicit BasicPool(Exactly<int> workers, Options options = Options())
      : group_(workers_are_processes ? make_process_worker_group(workers, std::move(options))
                                     : make_thread_worker_group(workers, std::move(options))) {}
  BasicPool(const BasicPool&) = delete;
  BasicPool& operator=(const BasicPool&) = delete;
  /// Ends the workers, as terminate() does: what is not done fails.
  ~BasicPool() { group_->terminate(); }  // then the callbacks of what failed

  int workers() const { return group_->workers(); }

  /// function(arguments...) by a worker; waits for it.
  template <class Function, class... Arguments>
  auto apply(Function function, Arguments... arguments) {
    return submit_call(std::move(function), std::tuple<Arguments...>(std::move(arguments)...))
        .get();
  }
  /// The same, later.
  template <class Function, class... Arguments>
  auto apply_async(Function function, Arguments... arguments) {
    group_->run_in_background();
    return submit_call(std::move(function), std::tuple<Arguments...>(std::move(arguments)...));
  }

  /// The same with a tuple of arguments, and callbacks (callbacks.hpp).
  template <class Function, class... Arguments>
  auto apply_async(Function function, std::tuple<Arguments...> arguments,
                   Callbacks<CallResult<Function, Arguments...>> callbacks) {
    group_->run_in_background();
    return submit_call(std::move(function), std::move(arguments), std::move(callbacks));
  }

  /// function(item) for each item, in chunks of `chunksize` (0: a quarter of a worker's share,
  /// ceil(n / 4p)). Returns the results in the order of the items, once all are done; then throws
  /// the first failure, if there is one.
  template <class Function, class Items>
  auto map(Function function, const Items& items, Exactly<std::size_t> chunksize = 0) {
    return submit_map(std::move(function), items, chunksize).get();
  }
  /// The same, later, and with callbacks (callbacks.hpp).
  template <class Function, class Items>
  auto map_async(Function function, const Items& items, Exactly<std::size_t> chunksize = 0,
                 Callbacks<MapResult<Function, Items>> callbacks = {}) {
    group_->run_in_background();
    return submit_map(std::move(function), items, chunksize, std::move(callbacks));
  }
  /// map() over tuples of arguments.
  template <class Function, class Items>
  auto starmap(Function function, const Items& items, Exactly<std::size_t> chunksize = 0) {
    check<Function>();
    return map(Spread<Function>{std::move(function)}, items, chunksize);
  }
  template <class Function, class Items>
  auto starmap_async(Function function, const Items& items, Exactly<std::size_t> chunksize = 0,
                     Callbacks<MapResult<Spread<Function>, Items>> callbacks = {}) {
    check<Function>();
    return map_async(Spread<Function>{std::move(function)}, items, chunksize, std::move(callbacks));
  }

  /// Results in the order of the items, or as they come, while the items are read as they are
  /// needed. `items` must live as long as the result.
  template <class Function, class Items>
  auto imap(Function function, const Items& items, Exactly<std::size_t> chunksize = 1) {
    return start_imap(std::move(function), items, chunksize, true);
  }
  template <class Function, class Items>
  auto imap_unordered(Function function, const Items& items, Exactly<std::size_t> chunksize = 1) {
    return start_imap(std::move(function), items, chunksize, false);
  }

  /// No more calls; those that were made are done.
  void close() { group_->close(); }
  /// No more calls; those not done fail. Bounded: SIGTERM, a second of grace, SIGKILL. (A thread
  /// cannot be ended: its task is waited for.)
  void terminate() { group_->terminate(); }
  /// After close() or terminate(): waits for the workers to end, and for callbacks; false at the
  /// deadline.
  bool join(Deadline deadline = {}) {
    return group_->join(deadline) && callbacks_->wait_until_idle(deadline);
  }

 private:
  template <class Function>
  static constexpr void check() {
    static_assert(
        !workers_are_processes || is_same_in_a_worker<Function>,
        "a task of a Pool captures nothing: a worker process does not have what it refers to; pass "
        "it as an argument, set it in the initializer, or use ThreadPool");
  }

  template <class Function, class Item>
  using Chunk = PoolChunk<Function, Item, workers_are_processes>;

  template <class Function, class... Arguments>
  auto submit_call(Function function, std::tuple<Arguments...> arguments,
                   Callbacks<CallResult<Function, Arguments...>> callbacks = {}) {
    check<Function>();
    using Tuple = std::tuple<Arguments...>;
    using Result = CallResult<Function, Arguments...>;
    using Part = Chunk<Spread<Function>, Tuple>;
    std::vector<Tuple> items;
    items.push_back(std::move(arguments));
    const auto whole = std::make_shared<Whole<Part>>();
    whole->add(0, Spread<Function>{std::move(function)}, std::move(items));
    return submit<Result>(
        whole, [whole] { return whole->parts[0].take(0); }, std::move(callbacks));
  }

  /// The chunks of one call.
  template <class Part>
  struct Whole {
    std::deque<Part> parts;
    std::size_t unfinished = 0;  // under the group's lock, once the first is submitted
    std::function<void()> tell;  // callbacks; null where there are none

    template <class... Arguments>
    void add(Arguments&&... arguments) {
      parts.emplace_back(std::forward<Arguments>(arguments)..., [this](Part&) {
        // What it holds holds this.
        if (--unfinished == 0 && tell) std::exchange(tell, nullptr)();
      });
      ++unfinished;
    }
    std::exception_ptr failure() const {
      for (const Part& part : parts)
        if (std::exception_ptr why = part.failure()) return why;
      return nullptr;
    }
  };

  template <class Result, class Part>
  AsyncResult<Result> submit(const std::shared_ptr<Whole<Part>>& whole,
                             std::function<Result()> take, Callbacks<Result> callbacks) {
    typename AsyncResult<Result>::Call call{.ready = [whole] { return whole->unfinished == 0; },
                                            .failure = [whole] { return whole->failure(); },
                                            .take = std::move(take)};
    if (callbacks.callback || callbacks.error_callback) {
      callbacks_->start();
      const auto told = std::make_shared<ToldCall<Result>>(std::move(call), std::move(callbacks));
      call = told->call();
      whole->tell = [told, thread = std::weak_ptr(callbacks_), group = std::weak_ptr(group_)] {
        if (const auto alive = thread.lock()) told->tell(alive, group);
      };
      if (whole->parts.empty()) std::exchange(whole->tell, nullptr)();
    }
    try {
      // What is submitted keeps the whole, which a caller may drop before it is done.
      std::vector<std::shared_ptr<PoolTask>> tasks;
      tasks.reserve(whole->parts.size());
      for (Part& part : whole->parts) tasks.emplace_back(whole, &part);
      group_->submit(tasks, WorkerGroup::AwaitedAs::whole);
    } catch (...) {
      const auto forget = [&] { whole->tell = nullptr; };
      group_->change(forget);
      throw;
    }
    return AsyncResult<Result>(group_, std::move(call));
  }

  template <class Function, class Items>
  auto submit_map(Function function, const Items& items, std::size_t chunksize,
                  Callbacks<MapResult<Function, Items>> callbacks = {}) {
    check<Function>();
    using Part = Chunk<Function, ItemOf<Items>>;
    using Results = MapResult<Function, Items>;
    const auto count = static_cast<std::size_t>(std::distance(std::begin(items), std::end(items)));
    const std::size_t shares = 4 * static_cast<std::size_t>(group_->workers());
    if (chunksize == 0) chunksize = std::max<std::size_t>(1, (count + shares - 1) / shares);
    const auto whole = std::make_shared<Whole<Part>>();
    auto from = std::begin(items);
    for (std::size_t first = 0; first < count;) {
      const std::size_t size = std::min(chunksize, count - first);
      const auto to = std::next(from, static_cast<std::ptrdiff_t>(size));
      whole->add(first, function, std::vector<ItemOf<Items>>(from, to));
      from = to;
      first += size;
    }
    const auto take = [whole, count] {
      Results results;
      results.reserve(count);
      for (Part& part : whole->parts)
        results.insert(results.end(), std::make_move_iterator(part.results().begin()),
                       std::make_move_iterator(part.results().end()));
      return results;
    };
    return submit<Results>(whole, take, std::move(callbacks));
  }

  template <class Function, class Items>
  auto start_imap(Function function, const Items& items, std::size_t chunksize, bool ordered) {
    check<Function>();
    using Item = ItemOf<Items>;
    using Part = Chunk<Function, Item>;
    if (chunksize == 0) throw std::invalid_argument("a chunk of imap has one item or more");
    auto feed = [function = std::move(function), chunksize, from = std::begin(items),
                 to = std::end(items),
                 first = std::uint64_t{0}]() mutable -> std::shared_ptr<Part> {
      std::vector<Item> chunk;
      for (; chunk.size() < chunksize && from != to; ++from) chunk.push_back(*from);
      if (chunk.empty()) return nullptr;
      const std::uint64_t size = chunk.size();
      auto part = std::make_shared<Part>(first, function, std::move(chunk), nullptr);
      first += size;
      return part;
    };
    // Enough that no worker waits for the reader, who takes a chunk at a time; of small chunks more, so
    // that reader and workers wait for one another once in some of them.
    constexpr std::size_t items_ahead = 48;
    const std::size_t window =
        std::max(2 * static_cast<std::size_t>(group_->workers()) + 1, items_ahead / chunksize);
    return ImapResult<Part>(group_, std::move(feed), window, ordered);
  }

  std::shared_ptr<CallbackThread> callbacks_ = std::make_shared<CallbackThread>();
  std::shared_ptr<WorkerGroup> group_;
};

/// Workers are processes.
using Pool = BasicPool<true>;
/// Workers are threads of this process.
using ThreadPool = BasicPool<false>;

}  // namespace parlab
