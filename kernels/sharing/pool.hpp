#pragma once

// Pool and ThreadPool: functions called by workers, which are processes or threads.
//
//   bool is_prime(std::uint64_t n);
//   Pool pool(4);
//   const std::vector<bool> answers = pool.map(is_prime, numbers);
//   for (bool answer : pool.imap(is_prime, numbers, 100)) ...
//   AsyncResult<bool> later = pool.apply_async(is_prime, 97);   later.get(1s);
//
// A Pool's workers are forked when it is made: they have the memory of that moment, and shared
// objects that were made before. A task is therefore a function, or a lambda that captures nothing,
// and all else it needs comes as its argument (wire.hpp, serialised.hpp), from a global that was
// set before, or from the initializer. A ThreadPool's tasks may capture.
//
// A worker that dies takes its chunk with it, which gives WorkerDied and is never run again; chunks
// that it had not begun go to others, and another worker takes its place. What a task throws
// reaches the caller: from a process as TaskFailed, from a thread as it is.
//
// Cost: each process has a socket of its own; some microseconds a chunk, nanoseconds an item.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/sharing/async_result.hpp"
#include "kernels/sharing/crew.hpp"
#include "kernels/sharing/imap_result.hpp"
#include "kernels/sharing/pool_chunk.hpp"

namespace parlab {

using PoolOptions = CrewOptions;

/// What both pools have.
template <bool workers_are_processes>
class BasicPool {
 public:
  using Options = PoolOptions;

  /// `workers` >= 1. A Pool throws ForkRefused where threads run that its workers would not have,
  /// and OutOfRoom where no process or descriptor is left.
  explicit BasicPool(int workers, Options options = Options())
      : crew_(workers_are_processes ? make_process_crew(workers, std::move(options))
                                    : make_thread_crew(workers, std::move(options))) {}
  BasicPool(const BasicPool&) = delete;
  BasicPool& operator=(const BasicPool&) = delete;
  /// Ends the workers, as terminate() does: what is not done fails.
  ~BasicPool() { crew_->terminate(); }

  int workers() const { return crew_->workers(); }

  /// function(arguments...) by a worker; waits for it.
  template <class Function, class... Arguments>
  auto apply(Function function, Arguments... arguments) {
    return submit_call(std::move(function), std::tuple<Arguments...>(std::move(arguments)...))
        .get();
  }
  /// The same, later.
  template <class Function, class... Arguments>
  auto apply_async(Function function, Arguments... arguments) {
    crew_->run_in_background();
    return submit_call(std::move(function), std::tuple<Arguments...>(std::move(arguments)...));
  }

  /// function(item) for each item, in chunks of `chunksize` (0: a quarter of a worker's share,
  /// ceil(n / 4p)). Returns the results in the order of the items, once all are done; then throws
  /// the first failure, if there is one.
  template <class Function, class Items>
  auto map(Function function, const Items& items, std::size_t chunksize = 0) {
    return submit_map(std::move(function), items, chunksize).get();
  }
  template <class Function, class Items>
  auto map_async(Function function, const Items& items, std::size_t chunksize = 0) {
    crew_->run_in_background();
    return submit_map(std::move(function), items, chunksize);
  }
  /// map() over tuples of arguments.
  template <class Function, class Items>
  auto starmap(Function function, const Items& items, std::size_t chunksize = 0) {
    check<Function>();
    return map(Spread<Function>{std::move(function)}, items, chunksize);
  }

  /// Results in the order of the items, or as they come, while the items are read as they are
  /// needed. `items` must live as long as the result.
  template <class Function, class Items>
  auto imap(Function function, const Items& items, std::size_t chunksize = 1) {
    return start_imap(std::move(function), items, chunksize, true);
  }
  template <class Function, class Items>
  auto imap_unordered(Function function, const Items& items, std::size_t chunksize = 1) {
    return start_imap(std::move(function), items, chunksize, false);
  }

  /// No more calls; those that were made are done.
  void close() { crew_->close(); }
  /// No more calls; those not done fail. Bounded: SIGTERM, a second of grace, SIGKILL. (A thread
  /// cannot be ended: its task is waited for.)
  void terminate() { crew_->terminate(); }
  /// After close() or terminate(): waits for the workers to end; false at the deadline.
  bool join(Deadline deadline = {}) { return crew_->join(deadline); }

 private:
  template <class Function>
  static constexpr void check() {
    static_assert(!workers_are_processes || is_same_in_a_worker<Function>,
                  "a task of a Pool captures nothing, because a worker has not what it would refer "
                  "to: pass it as an argument, set it in the initializer, or use ThreadPool");
  }

  template <class Function, class Item>
  using Chunk = PoolChunk<Function, Item, workers_are_processes>;
  template <class Items>
  using ItemOf = std::remove_cvref_t<decltype(*std::begin(std::declval<const Items&>()))>;

  template <class Function, class Tuple>
  auto submit_call(Function function, Tuple arguments) {
    check<Function>();
    using Call = Chunk<Spread<Function>, Tuple>;
    using Result = typename Call::Result;
    std::vector<Tuple> items;
    items.push_back(std::move(arguments));
    auto call =
        std::make_shared<Call>(0, Spread<Function>{std::move(function)}, std::move(items), nullptr);
    crew_->submit(call);
    return AsyncResult<Result>(crew_, {.ready = [call] { return call->finished(); },
                                       .failure = [call] { return call->failure(); },
                                       .take = [call] { return call->take(0); }});
  }

  template <class Function, class Items>
  auto submit_map(Function function, const Items& items, std::size_t chunksize) {
    check<Function>();
    using Part = Chunk<Function, ItemOf<Items>>;
    using Result = typename Part::Result;
    struct Whole {
      std::vector<std::shared_ptr<Part>> parts;
      std::size_t items = 0;
      std::size_t unfinished = 0;  // under the crew's lock, once the first is submitted
    };
    const auto count = static_cast<std::size_t>(std::distance(std::begin(items), std::end(items)));
    const std::size_t shares = 4 * static_cast<std::size_t>(crew_->workers());
    if (chunksize == 0) chunksize = std::max<std::size_t>(1, (count + shares - 1) / shares);
    auto whole = std::make_shared<Whole>();
    whole->items = count;
    auto from = std::begin(items);
    for (std::size_t first = 0; first < count; first += chunksize) {
      const auto to =
          std::next(from, static_cast<std::ptrdiff_t>(std::min(chunksize, count - first)));
      whole->parts.push_back(
          std::make_shared<Part>(first, function, std::vector<ItemOf<Items>>(from, to),
                                 [whole = whole.get()](Part&) { --whole->unfinished; }));
      from = to;
    }
    whole->unfinished = whole->parts.size();
    // What is submitted keeps the whole, which a caller may drop before it is done.
    for (const auto& part : whole->parts)
      crew_->submit(std::shared_ptr<PoolTask>(whole, part.get()));
    const auto failure = [whole]() -> std::exception_ptr {
      for (const auto& part : whole->parts)
        if (std::exception_ptr why = part->failure()) return why;
      return nullptr;
    };
    const auto take = [whole] {
      std::vector<Result> results;
      results.reserve(whole->items);
      for (const auto& part : whole->parts)
        results.insert(results.end(), std::make_move_iterator(part->results().begin()),
                       std::make_move_iterator(part->results().end()));
      return results;
    };
    return AsyncResult<std::vector<Result>>(
        crew_,
        {.ready = [whole] { return whole->unfinished == 0; }, .failure = failure, .take = take});
  }

  template <class Function, class Items>
  auto start_imap(Function function, const Items& items, std::size_t chunksize, bool ordered) {
    check<Function>();
    using Item = ItemOf<Items>;
    using Part = Chunk<Function, Item>;
    if (chunksize == 0) throw std::invalid_argument("a chunk of imap has one item or more");
    auto feed = [crew = crew_, function = std::move(function), chunksize, from = std::begin(items),
                 to = std::end(items),
                 first = std::uint64_t{0}]() mutable -> std::shared_ptr<Part> {
      std::vector<Item> chunk;
      for (; chunk.size() < chunksize && from != to; ++from) chunk.push_back(*from);
      if (chunk.empty()) return nullptr;
      const std::uint64_t size = chunk.size();
      auto part = std::make_shared<Part>(first, function, std::move(chunk), nullptr);
      first += size;
      crew->submit(part);
      return part;
    };
    // Enough that no worker waits for the reader, who takes a chunk at a time.
    const std::size_t window = 2 * static_cast<std::size_t>(crew_->workers()) + 1;
    return ImapResult<Part>(crew_, std::move(feed), window, ordered);
  }

  std::shared_ptr<Crew> crew_;
};

/// Workers are processes.
using Pool = BasicPool<true>;
/// Workers are threads of this process.
using ThreadPool = BasicPool<false>;

}  // namespace parlab
