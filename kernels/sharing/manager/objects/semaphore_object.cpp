// A manager's semaphores. A unit belongs to the thread that took it until one is given back: by
// that thread, or by another that holds none, then for the one who has held longest. Where a holder
// dies its units are free, but never more than there were at first: a semaphore that begins at 0
// tells of events, which are not undone.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <list>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/served_arguments.hpp"
#include "kernels/sharing/manager/objects/served_object.hpp"

namespace parlab {
namespace {

class ServedSemaphore final : public ServedObject {
 public:
  ServedSemaphore(std::string_view units, bool bounded)
      : initial_(units_of(from_bytes(units))), value_(initial_), bounded_(bounded) {}

  std::optional<std::string> call(const ServedCall& call) override {
    if (call.method == "acquire") {
      expect_no_arguments(call);
      return acquire(call.who) ? std::optional<std::string>("") : std::nullopt;
    }
    if (call.method == "value") {
      expect_no_arguments(call);
      return to_bytes(value_);
    }
    if (call.method != "release") unknown(call);
    release(call.who, call.arguments.empty() ? 1 : units_of(from_bytes(call.arguments)));
    return "";
  }
  void undelivered(const ServedCall& call, std::string&) override {
    if (call.method != "acquire") return;
    give_back(call.who, 1);
    ++value_;
  }
  void connection_gone(ConnectionId who) override {
    const auto holding = find(who);
    if (holding == holdings_.end()) return;
    const std::uint64_t units = holding->units;
    holdings_.erase(holding);
    std::uint64_t accounted = value_;
    for (const Holding& other : holdings_) accounted += other.units;
    if (accounted < initial_) value_ += std::min(units, initial_ - accounted);
  }

 private:
  struct Holding {
    ConnectionId who;
    std::uint64_t units;
  };

  /// One where none are given.
  static std::uint64_t units_of(const nlohmann::json& given) {
    return given.is_null() ? 1 : count_of(given, "a semaphore's units");
  }

  bool acquire(ConnectionId who) {
    if (value_ == 0) return false;
    --value_;
    const auto holding = find(who);
    if (holding == holdings_.end())
      holdings_.push_back({who, 1});
    else
      ++holding->units;
    return true;
  }
  void release(ConnectionId who, std::uint64_t units) {
    if (units == 0) throw std::invalid_argument("a semaphore releases one unit or more");
    const std::uint64_t most =
        bounded_ ? initial_ : std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (units > most - value_)
      throw std::invalid_argument(fmt::format(
          "the semaphore is released too often: it has {} units of at most {}", value_, most));
    value_ += units;
    units -= give_back(who, units);
    while (units > 0 && !holdings_.empty()) units -= give_back(holdings_.front().who, units);
  }
  /// How many of them `who` held.
  std::uint64_t give_back(ConnectionId who, std::uint64_t units) {
    const auto holding = find(who);
    if (holding == holdings_.end()) return 0;
    const std::uint64_t given = std::min(units, holding->units);
    holding->units -= given;
    if (holding->units == 0) holdings_.erase(holding);
    return given;
  }
  std::list<Holding>::iterator find(ConnectionId who) {
    return std::ranges::find(holdings_, who, &Holding::who);
  }

  std::uint64_t initial_;
  std::uint64_t value_;
  bool bounded_;
  std::list<Holding> holdings_;  // the oldest first
};

}  // namespace

void add_semaphore_types(ServedTypes& types) {
  types["Semaphore"] = [](std::string_view units, ServedHost&) {
    return std::make_unique<ServedSemaphore>(units, false);
  };
  types["BoundedSemaphore"] = [](std::string_view units, ServedHost&) {
    return std::make_unique<ServedSemaphore>(units, true);
  };
}

}  // namespace parlab
