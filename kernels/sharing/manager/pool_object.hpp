#pragma once

// A manager's pool: chunks of items in a queue, and the processes that work on them. The manager's
// one thread hears of answers and deaths as it hears of clients, so it never waits for a worker.

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "kernels/sharing/manager/managed_functions.hpp"
#include "kernels/sharing/manager/pool_process.hpp"
#include "kernels/sharing/manager/served_object.hpp"

namespace parlab {

/// A chunk, which one worker gets as a whole. done() is told the outcome of each item, once.
struct QueuedChunk {
  PoolMessage message;
  std::function<void(nlohmann::json outcomes)> done;
};

struct ServedPoolOptions {
  std::uint64_t workers = 1;
  std::string initializer;      // called by each worker before its first chunk
  std::uint64_t max_tasks = 0;  // chunks after which a worker is replaced; 0: never
};

class ServedPool final : public ServedObject {
 public:
  /// Throws std::invalid_argument for options that make no sense, std::system_error where no
  /// process is left.
  ServedPool(ServedPoolOptions options, std::shared_ptr<const ManagedFunctionTable> functions,
             ServedHost& host);
  ~ServedPool() override;

  std::optional<std::string> call(const ServedCall& call) override;
  void manager_ends() override { end_workers(); }

  std::uint64_t workers() const { return options_.workers; }
  /// Throws std::logic_error after close() and where no worker starts any more, and
  /// std::invalid_argument for a function that nobody registered.
  void check_open(const std::string& function) const;
  /// To be called after check_open().
  void submit(QueuedChunk chunk);

 private:
  struct Worker {
    Worker(const ManagedFunctionTable& functions, const std::string& initializer)
        : process(functions, initializer) {}
    PoolProcess process;
    bool ready = false;
    bool hung_up = false;
    std::uint64_t tasks = 0;
    std::optional<QueuedChunk> chunk;  // what it is at
  };
  using Workers = std::list<Worker>;

  void fill_up();
  void start_worker();
  void hand_out();
  void on_event(Workers::iterator worker, std::uint32_t events);
  void read_answers(Workers::iterator worker);
  void take_message(Workers::iterator worker, const nlohmann::json& message);
  void on_end(Workers::iterator worker);
  void retire(Worker& worker);
  void terminate();
  void refuse_all(const std::string& why);
  void end_workers();

  ServedPoolOptions options_;
  std::shared_ptr<const ManagedFunctionTable> functions_;
  ServedHost& host_;
  Workers workers_;
  std::deque<QueuedChunk> queue_;
  bool closed_ = false;
  std::string broken_;          // why no worker starts any more
  int failed_starts_ = 0;       // in a row
  OwnedDescriptor kill_timer_;  // after terminate()
};

/// Pool, AsyncResult and PoolStream, which is what imap() reads.
void add_pool_types(ServedTypes& types, const ManagedFunctionTable& functions);

}  // namespace parlab
