// What calls of a manager's pool come to: an AsyncResult, all of whose chunks are known at once,
// and a PoolStream, which is fed chunk by chunk. Either may go before its chunks are done: they are
// done all the same.

#include <algorithm>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kernels/sharing/manager/pool_object.hpp"
#include "kernels/sharing/manager/served_arguments.hpp"
#include "kernels/sharing/manager/wire.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// What a client asks for when it makes a result or a stream.
struct PoolCall {
  std::uint64_t pool;
  std::string function;
  bool spread;
  json rest;

  static PoolCall from(std::string_view arguments) {
    json given = from_bytes(arguments);
    if (!given.is_object()) throw std::invalid_argument("a pool's call is a dict of what to do");
    return {count_of(given.at("pool"), "a pool's number"),
            text_of(given.at("function"), "a function's name"),
            truth_of(given.at("spread"), "whether items are lists of arguments"), std::move(given)};
  }
  ServedPool& find_pool(ServedHost& host) const {
    auto* found = dynamic_cast<ServedPool*>(&host.object(pool));
    if (!found) throw std::invalid_argument("this object is no pool");
    found->check_open(function);
    return *found;
  }
  PoolMessage message(std::uint64_t first, json items) const {
    const bool lists = std::ranges::all_of(items, [](const json& item) { return item.is_array(); });
    if (!items.is_array() || (spread && !lists))
      throw std::invalid_argument("items are a list, and for starmap() a list of lists");
    return {function, spread, first, std::move(items)};
  }
};

class ServedResult final : public ServedObject {
 public:
  ServedResult(const PoolCall& call, ServedHost& host) {
    ServedPool& pool = call.find_pool(host);
    const json& items = call.rest.at("items");
    const PoolMessage all = call.message(0, items);
    std::uint64_t chunksize = count_of(call.rest.at("chunksize"), "a chunk's size");
    const std::uint64_t shares = 4 * pool.workers();
    if (chunksize == 0)
      chunksize = std::max<std::uint64_t>(1, (items.size() + shares - 1) / shares);
    state_->outcomes = json(items.size(), nullptr);
    state_->unfinished = items.size();
    state_->owner = this;
    for (std::uint64_t first = 0; first < items.size();) {
      const std::uint64_t size = std::min(chunksize, items.size() - first);
      const auto begin = items.begin() + static_cast<std::ptrdiff_t>(first);
      json part = json::array();
      part.insert(part.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
      pool.submit({call.message(first, std::move(part)),
                   [state = state_, first](json outcomes) { state->take(first, outcomes); }});
      first += size;
    }
  }
  ~ServedResult() override { state_->owner = nullptr; }

  std::optional<std::string> call(const ServedCall& call) override {
    expect_no_arguments(call);
    const bool done = state_->unfinished == 0;
    if (call.method == "ready") return to_bytes(done);
    if (call.method == "wait") return done ? std::optional<std::string>("") : std::nullopt;
    if (call.method == "outcomes")
      return done ? std::optional(to_bytes(state_->outcomes)) : std::nullopt;
    if (call.method != "successful") unknown(call);
    if (!done) throw std::logic_error("the result is not ready: wait() for it first");
    return to_bytes(std::ranges::all_of(
        state_->outcomes, [](const json& outcome) { return outcome.contains("value"); }));
  }

 private:
  /// Lives until the last chunk is done.
  struct State {
    json outcomes;
    std::uint64_t unfinished = 0;  // items
    const ServedObject* owner = nullptr;

    void take(std::uint64_t first, json& some) {
      for (json& outcome : some) outcomes[first++] = std::move(outcome);
      unfinished -= some.size();
      if (owner && unfinished == 0) owner->changed();
    }
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class ServedStream final : public ServedObject {
 public:
  ServedStream(PoolCall call, ServedHost& host)
      : call_(std::move(call)),
        host_(host),
        ordered_(truth_of(call_.rest.at("ordered"), "whether results come in order")) {
    call_.find_pool(host_);
    state_->owner = this;
  }
  ~ServedStream() override { state_->owner = nullptr; }

  std::optional<std::string> call(const ServedCall& call) override {
    if (call.method == "feed") {
      feed(from_bytes(call.arguments));
      return "";
    }
    if (call.method != "next") unknown(call);
    expect_no_arguments(call);
    return next();
  }
  void undelivered(const ServedCall& call, std::string& answer) override {
    if (call.method != "next") return;
    json outcomes = from_bytes(answer);
    if (!outcomes.is_null()) state_->chunks.push_front({0, std::move(outcomes)});
  }

 private:
  struct Chunk {
    std::uint64_t first;
    std::optional<json> outcomes;
  };
  struct State {
    std::deque<Chunk> chunks;  // in the order in which they were fed
    const ServedObject* owner = nullptr;

    void take(std::uint64_t first, json outcomes) {
      const auto chunk = std::ranges::find_if(
          chunks, [&](const Chunk& one) { return !one.outcomes && one.first == first; });
      chunk->outcomes = std::move(outcomes);
      if (owner) owner->changed();
    }
  };

  void feed(json items) {
    ServedPool& pool = call_.find_pool(host_);
    PoolMessage message = call_.message(fed_, std::move(items));
    const std::uint64_t size = message.items.size();
    if (size == 0) throw std::invalid_argument("a chunk has one item or more");
    state_->chunks.push_back({fed_, std::nullopt});
    const auto done = [state = state_, first = fed_](json outcomes) {
      state->take(first, std::move(outcomes));
    };
    fed_ += size;
    pool.submit({std::move(message), done});
  }
  /// A chunk's outcomes; null where none is under way.
  std::optional<std::string> next() {
    std::deque<Chunk>& chunks = state_->chunks;
    if (chunks.empty()) return to_bytes(nullptr);
    const auto looked_at = ordered_ ? std::next(chunks.begin()) : chunks.end();
    const auto chunk = std::find_if(chunks.begin(), looked_at,
                                    [](const Chunk& one) { return one.outcomes.has_value(); });
    if (chunk == looked_at) return std::nullopt;
    std::string answer = to_bytes(*chunk->outcomes);
    chunks.erase(chunk);
    return answer;
  }

  PoolCall call_;
  ServedHost& host_;
  bool ordered_;
  std::uint64_t fed_ = 0;  // items
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

ServedPoolOptions options_from(std::string_view arguments) {
  const json given = from_bytes(arguments);
  if (!given.is_object()) throw std::invalid_argument("a pool's options are a dict");
  ServedPoolOptions options;
  options.workers = count_of(given.at("workers"), "a number of workers");
  options.initializer = text_of(given.at("initializer"), "an initializer's name");
  options.max_tasks = count_of(given.at("max_tasks_per_child"), "a number of tasks");
  return options;
}

}  // namespace

void add_pool_types(ServedTypes& types, const ManagedFunctionTable& functions) {
  const auto table = std::make_shared<const ManagedFunctionTable>(functions);
  types["Pool"] = [table](std::string_view arguments, ServedHost& host) {
    return std::make_unique<ServedPool>(options_from(arguments), table, host);
  };
  types["AsyncResult"] = [](std::string_view arguments, ServedHost& host) {
    return std::make_unique<ServedResult>(PoolCall::from(arguments), host);
  };
  types["PoolStream"] = [](std::string_view arguments, ServedHost& host) {
    return std::make_unique<ServedStream>(PoolCall::from(arguments), host);
  };
}

}  // namespace parlab
