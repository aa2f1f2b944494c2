#include "kernels/sharing/manager/pool_proxy.hpp"

#include "kernels/sharing/manager/wire.hpp"

namespace parlab {
namespace {

/// The value of an outcome (pool_process.hpp), or what it throws.
ManagedData value_of(const ManagedData& outcome) {
  if (outcome.contains("value")) return outcome.at("value");
  if (outcome.contains("type"))
    throw TaskFailed(outcome.at("type").get<std::string>(), outcome.at("what").get<std::string>());
  if (outcome.contains("signal"))
    throw WorkerDied(outcome.at("signal").get<int>(), outcome.at("index").get<std::uint64_t>(),
                     outcome.at("what").get<std::string>());
  throw ManagerError(outcome.at("refused").get<std::string>());
}

}  // namespace

ManagedData ManagedResult::get(Deadline deadline) const {
  const std::optional<ManagedData> outcomes = try_call("outcomes", nullptr, deadline);
  if (!outcomes) throw TimedOut("the result was not ready at the deadline");
  if (single_) return value_of(outcomes->at(0));
  ManagedData values = ManagedData::array();
  for (const ManagedData& outcome : *outcomes) values.push_back(value_of(outcome));
  return values;
}

std::optional<ManagedData> ManagedImap::next(Deadline deadline) {
  if (place_ == current_.size()) {
    fill();
    if (under_way_ == 0) return std::nullopt;
    std::optional<ManagedData> outcomes = try_call("next", nullptr, deadline);
    if (!outcomes) throw TimedOut("the next result was not ready at the deadline");
    if (!outcomes->is_array())
      throw ManagerError("another process has read these results: let one read them");
    --under_way_;
    current_ = std::move(*outcomes);
    place_ = 0;
    fill();  // while this one is read
  }
  return value_of(current_.at(place_++));
}

void ManagedImap::fill() {
  while (feed_ && under_way_ < window_) {
    bool ended = false;
    while (!ended && unsent_.size() < chunksize_) {
      std::optional<ManagedData> item = feed_();
      ended = !item;
      if (item) unsent_.push_back(std::move(*item));
    }
    if (!unsent_.empty()) {
      try {
        call("feed", unsent_);
      } catch (const ManagerDied&) {
        throw;
      } catch (const ManagerError&) {
        if (under_way_ == 0 && place_ == current_.size()) throw;
        return;  // said once the results that there will be were read
      }
      unsent_ = ManagedData::array();
      ++under_way_;
    }
    if (ended) feed_ = nullptr;
  }
}

ManagedResult ManagedPool::submit(const std::string& function, ManagedData items, How how) const {
  const ManagedData request = {{"pool", object()},
                               {"function", function},
                               {"spread", how.spread},
                               {"chunksize", how.chunksize},
                               {"items", std::move(items)}};
  return {client().make("AsyncResult", to_bytes(request), {}), how.single};
}

ManagedImap ManagedPool::start_imap(const std::string& function, ManagedImap::Feed feed,
                                    WholeNumber chunksize, bool ordered) const {
  if (chunksize.value() < 1) throw ManagerError("a chunk of imap has one item or more");
  const ManagedData request = {
      {"pool", object()}, {"function", function}, {"spread", false}, {"ordered", ordered}};
  // Enough that no worker waits for the reader, who takes a chunk at a time.
  const std::uint64_t window = 2 * workers() + 1;
  return {client().make("PoolStream", to_bytes(request), {}), std::move(feed),
          static_cast<std::uint64_t>(chunksize.value()), window};
}

ManagedPool managed_pool(const ManagerClient& client, WholeNumber workers,
                         const ManagedPoolOptions& options, const std::string& name) {
  const ManagedData request = {{"workers", workers.value()},
                               {"initializer", options.initializer},
                               {"max_tasks_per_child", options.max_tasks_per_child}};
  return ManagedPool(client.make("Pool", to_bytes(request), name));
}

}  // namespace parlab
