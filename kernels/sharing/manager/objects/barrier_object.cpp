// A manager's barrier: a round is filled by as many connections as there are parties, then all are
// let go, and the next one begins. Where there is an action, the party that came last is told to do
// it, while the others wait on.
//
// wait    with whether the caller could do the action; is answered with the caller's place, with
//         {"act": place}, or with "broken"
// acted   with whether the action went well; is answered as wait is

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <vector>

#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/served_arguments.hpp"
#include "kernels/sharing/manager/objects/served_object.hpp"

namespace parlab {
namespace {

class ServedBarrier final : public ServedObject {
 public:
  using json = nlohmann::json;

  ServedBarrier(std::uint64_t parties, bool has_action)
      : parties_(parties), has_action_(has_action) {
    if (parties == 0) throw std::invalid_argument("a barrier has one party or more");
  }

  std::optional<std::string> call(const ServedCall& call) override {
    if (call.method == "wait") {
      const std::optional<json> answer =
          wait(call.who, truth_of(from_bytes(call.arguments), "whether wait() can act"));
      return answer ? std::optional(to_bytes(*answer)) : std::nullopt;
    }
    if (call.method == "acted")
      return to_bytes(
          acted(call.who, truth_of(from_bytes(call.arguments), "whether it went well")));
    return to_bytes(look_or_end(call));
  }
  void timed_out(const ServedCall& call) override {
    if (call.method != "wait") return;
    leave(call.who);
    break_all();
  }
  void connection_gone(ConnectionId who) override {
    leave(who);
    if (acting_ == who) break_all();
  }

 private:
  std::optional<json> wait(ConnectionId who, bool can_act) {
    if (const auto answer = answers_.extract(who))
      return std::optional<json>(std::in_place, answer.mapped());
    if (std::ranges::count(arrived_, who) != 0) return std::nullopt;
    if (broken_) return std::optional<json>(std::in_place, broken);
    if (acting_) return std::nullopt;  // the next round begins when this one is done
    if (has_action_ && !can_act)
      throw std::invalid_argument("this barrier has an action: whoever waits must pass it");
    arrived_.push_back(who);
    if (arrived_.size() < parties_) return std::nullopt;
    if (!has_action_) return open(who);
    acting_ = who;
    return json::object({{"act", parties_ - 1}});
  }
  json acted(ConnectionId who, bool well) {
    if (acting_ != who) return broken;  // by a reset or a deadline, meanwhile
    if (well) return open(who);
    leave(who);
    break_all();
    return broken;
  }
  json look_or_end(const ServedCall& call) {
    const bool is_known = call.method == "parties" || call.method == "waiting" ||
                          call.method == "broken" || call.method == "reset" ||
                          call.method == "abort";
    if (!is_known) unknown(call);
    expect_no_arguments(call);
    if (call.method == "parties") return parties_;
    if (call.method == "waiting") return arrived_.size();
    if (call.method == "broken") return broken_;
    break_all();
    broken_ = call.method == "abort";
    return nullptr;
  }

  /// Lets all go; the caller's own place.
  json open(ConnectionId who) {
    for (std::size_t place = 0; place < arrived_.size(); ++place) answers_[arrived_[place]] = place;
    return end_round(who);
  }
  void break_all() {
    broken_ = true;
    for (const ConnectionId one : arrived_)
      if (one != acting_) answers_[one] = broken;  // who acts is told when it comes back
    end_round(0);
  }
  json end_round(ConnectionId who) {
    arrived_.clear();
    acting_.reset();
    changed();
    const auto own = answers_.extract(who);
    return own ? own.mapped() : json();
  }
  void leave(ConnectionId who) {
    std::erase(arrived_, who);
    answers_.erase(who);
  }

  const json broken = "broken";
  std::uint64_t parties_;
  bool has_action_;
  bool broken_ = false;
  std::vector<ConnectionId> arrived_;     // in this round
  std::optional<ConnectionId> acting_;    // all have arrived, and this one does the action
  std::map<ConnectionId, json> answers_;  // to those whose round is over
};

}  // namespace

void add_barrier_type(ServedTypes& types) {
  types["Barrier"] = [](std::string_view arguments, ServedHost&) {
    const nlohmann::json both = several_arguments({0, "Barrier", arguments}, 1, 2);
    return std::make_unique<ServedBarrier>(
        count_of(both[0], "a barrier's number of parties"),
        !both[1].is_null() && truth_of(both[1], "whether there is an action"));
  };
}

}  // namespace parlab
