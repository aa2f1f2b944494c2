#pragma once

// ManagedPool: functions that were registered with a manager (ManagerOptions::functions), called by
// processes that the manager keeps. Any client may use a pool; items and results are data.
//
//   const ManagedPool pool = manager.pool(4);
//   pool.map("is_prime", {7, 8, 9});                     [true, false, true]
//   ManagedResult later = pool.apply_async("scale", 2, 1.5);   later.get(1s);
//   for (const ManagedData& answer : pool.imap("is_prime", numbers, 100)) ...
//
// As in the Pool of this library: what a task throws reaches the caller as TaskFailed; a worker
// that dies takes its chunk with it, which gives WorkerDied and is never run again, and another
// worker takes its place. A call goes on where its client dies; its result is dropped.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/manager/proxies/manager_proxy.hpp"
#include "kernels/sharing/pool/next_iterator.hpp"

namespace parlab {

struct ManagedPoolOptions {
  /// A registered function without parameters, called in each worker before its first task. What it
  /// throws ends the pool.
  std::string initializer = {};
  /// A worker process ends after so many chunks, and another takes its place; 0: never.
  std::uint64_t max_tasks_per_child = 0;
};

/// What a call that was handed to a pool will return. Copies mean the same call; a result outlives
/// the pool, whose end fails what was not done.
class ManagedResult : public Proxy {
 public:
  ManagedResult(std::shared_ptr<const ManagerClient::Held> held, bool single)
      : Proxy(std::move(held)), single_(single) {}

  /// Waits for the call; false where the deadline passed first.
  bool wait(Deadline deadline = {}) const { return call_bytes("wait", {}, deadline).has_value(); }
  bool ready() const { return call("ready"); }
  /// Whether it returned. Throws ManagerError while it is not ready.
  bool successful() const { return call("successful"); }
  /// Waits for the result, which may be asked for again: that of apply_async(), or a list for
  /// map_async(). Throws TaskFailed and WorkerDied for the first item that failed, ManagerError
  /// where the pool ended before, and TimedOut at the deadline.
  ManagedData get(Deadline deadline = {}) const;

 private:
  bool single_;
};

/// Results as they come, of items that are read as they are needed: no more chunks are under way
/// than a window allows. To be read by one thread, and to its end before close(): a pool that is
/// closed takes no more items.
class ManagedImap : public Proxy {
 public:
  /// The next item, or none after the last.
  using Feed = std::function<std::optional<ManagedData>()>;

  ManagedImap(std::shared_ptr<const ManagerClient::Held> held, Feed feed, std::uint64_t chunksize,
              std::uint64_t window)
      : Proxy(std::move(held)), feed_(std::move(feed)), chunksize_(chunksize), window_(window) {}
  ManagedImap(const ManagedImap&) = delete;
  ManagedImap& operator=(const ManagedImap&) = delete;
  ManagedImap(ManagedImap&&) = default;
  ManagedImap& operator=(ManagedImap&&) = default;
  ~ManagedImap() = default;

  /// The next result, or nothing after the last. Throws what an item threw, then goes on with the
  /// item behind it. Throws TimedOut at the deadline, and may be called again. Where the pool takes
  /// no more items, the results of those that it took come first, then ManagerError.
  std::optional<ManagedData> next(Deadline deadline = {});

  using Iterator = NextIterator<ManagedImap, ManagedData>;
  Iterator begin() { return Iterator(this); }
  static Iterator end() { return {}; }

 private:
  void fill();

  Feed feed_;
  std::uint64_t chunksize_;
  std::uint64_t window_;                       // chunks
  std::uint64_t under_way_ = 0;                // chunks
  ManagedData unsent_ = ManagedData::array();  // items that were read, and wait to be sent
  ManagedData current_ = ManagedData::array();
  std::size_t place_ = 0;  // in current_
};

class ManagedPool : public Proxy {
 public:
  using Proxy::Proxy;

  std::uint64_t workers() const { return call("workers"); }

  /// function(arguments...) by a worker; waits for it.
  template <class... Arguments>
  ManagedData apply(const std::string& function, const Arguments&... arguments) const {
    return apply_async(function, arguments...).get();
  }
  template <class... Arguments>
  ManagedResult apply_async(const std::string& function, const Arguments&... arguments) const {
    ManagedData list = ManagedData::array();
    (list.push_back(ManagedData(arguments)), ...);
    ManagedData items = ManagedData::array();
    items.push_back(std::move(list));
    return submit(function, std::move(items), {.spread = true, .single = true});
  }

  /// function(item) for each item of a list, in chunks of `chunksize` (0: a quarter of a worker's
  /// share). The results in the order of the items.
  ManagedData map(const std::string& function, ManagedData items, WholeNumber chunksize = 0) const {
    return map_async(function, std::move(items), chunksize).get();
  }
  ManagedResult map_async(const std::string& function, ManagedData items,
                          WholeNumber chunksize = 0) const {
    return submit(function, std::move(items), {.chunksize = chunksize.value()});
  }
  /// The same over lists of arguments.
  ManagedData starmap(const std::string& function, ManagedData items,
                      WholeNumber chunksize = 0) const {
    return starmap_async(function, std::move(items), chunksize).get();
  }
  ManagedResult starmap_async(const std::string& function, ManagedData items,
                              WholeNumber chunksize = 0) const {
    return submit(function, std::move(items), {.spread = true, .chunksize = chunksize.value()});
  }

  /// Results in the order of the items, or as they come, while the items are read as they are
  /// needed. Items that are no temporary must live as long as the result.
  template <class Items>
  ManagedImap imap(const std::string& function, Items&& items, WholeNumber chunksize = 1) const {
    return start_imap(function, feed_of(std::forward<Items>(items)), chunksize, true);
  }
  template <class Items>
  ManagedImap imap_unordered(const std::string& function, Items&& items,
                             WholeNumber chunksize = 1) const {
    return start_imap(function, feed_of(std::forward<Items>(items)), chunksize, false);
  }

  /// No more calls; those that were made are done.
  void close() const { call("close"); }
  /// No more calls; those not done fail. Bounded: SIGTERM, a second of grace, SIGKILL.
  void terminate() const { call("terminate"); }
  /// After close() or terminate(): waits for the workers to end; false at the deadline.
  bool join(Deadline deadline = {}) const { return call_bytes("join", {}, deadline).has_value(); }

 private:
  struct How {
    bool spread = false;
    bool single = false;
    std::int64_t chunksize = 0;
  };
  ManagedResult submit(const std::string& function, ManagedData items, How how) const;
  ManagedImap start_imap(const std::string& function, ManagedImap::Feed feed, WholeNumber chunksize,
                         bool ordered) const;

  /// Keeps a temporary, refers to anything else.
  template <class Items>
  static ManagedImap::Feed feed_of(Items&& items) {
    struct Source {
      Items items;
      decltype(std::begin(items)) at = std::begin(items);
    };
    return [source = std::shared_ptr<Source>(
                new Source{std::forward<Items>(items)})]() -> std::optional<ManagedData> {
      if (source->at == std::end(source->items)) return std::nullopt;
      return ManagedData(*source->at++);
    };
  }
};

ManagedPool managed_pool(const ManagerClient& client, WholeNumber workers,
                         const ManagedPoolOptions& options = {}, const std::string& name = {});

}  // namespace parlab
