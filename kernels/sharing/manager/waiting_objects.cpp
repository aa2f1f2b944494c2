// Objects whose callers may have to wait.

#include <deque>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/served_object.hpp"
#include "kernels/sharing/manager/wire.hpp"

namespace parlab {
namespace {

using Answered = std::optional<std::string>;

/// Bounded where a capacity is given; items stay the bytes that they came as. Many at once travel
/// as a size before each.
class Queue final : public ServedObject {
 public:
  explicit Queue(std::string_view capacity) : capacity_(from_bytes(capacity).get<std::size_t>()) {}

  Answered call(const ServedCall& call) override {
    if (call.method == "get") {
      if (items_.empty()) return std::nullopt;
      std::string item = std::move(items_.front());
      items_.pop_front();
      return item;
    }
    if (call.method == "put") {
      if (!has_room(1)) return std::nullopt;
      items_.emplace_back(call.arguments);
      return "";
    }
    if (call.method == "put_many") return put_many(call.arguments);
    if (call.method == "get_many") return get_many(call.arguments);
    if (call.method == "size") return to_bytes(items_.size());
    unknown(call);
  }

  void undelivered(const ServedCall& call, std::string& answer) override {
    if (call.method == "get") items_.push_front(std::move(answer));
    if (call.method != "get_many") return;
    std::deque<std::string> back = split(answer);
    items_.insert(items_.begin(), back.begin(), back.end());
  }

 private:
  bool has_room(std::size_t more) const {
    return capacity_ == 0 || items_.size() + more <= capacity_;
  }

  static std::deque<std::string> split(std::string_view bytes) {
    std::deque<std::string> items;
    FrameSize size = 0;
    while (!bytes.empty()) {
      if (!take_front(bytes, size) || size > bytes.size())
        throw std::invalid_argument("a batch that ends within an item");
      items.emplace_back(bytes.substr(0, size));
      bytes.remove_prefix(size);
    }
    return items;
  }

  /// All or none, so that a batch is never half put when its client dies.
  Answered put_many(std::string_view bytes) {
    std::deque<std::string> items = split(bytes);
    if (capacity_ != 0 && items.size() > capacity_)
      throw std::invalid_argument("a batch of more items than the queue holds");
    if (!has_room(items.size())) return std::nullopt;
    for (std::string& item : items) items_.push_back(std::move(item));
    return "";
  }

  Answered get_many(std::string_view most) {
    if (items_.empty()) return std::nullopt;
    std::string answer;
    for (auto left = from_bytes(most).get<std::size_t>(); left > 0 && !items_.empty(); --left) {
      answer += raw_bytes(FrameSize{items_.front().size()});
      answer += items_.front();
      items_.pop_front();
    }
    return answer;
  }

  std::size_t capacity_;  // 0: none
  std::deque<std::string> items_;
};

/// Held by a connection, that is by a thread of a client; free when that is gone.
class Lock final : public ServedObject {
 public:
  Answered call(const ServedCall& call) override {
    if (call.method == "acquire") {
      if (holder_ == call.who) throw std::logic_error("the lock is held by this thread already");
      if (holder_) return std::nullopt;
      holder_ = call.who;
      return to_bytes(std::exchange(abandoned_, false));
    }
    if (call.method == "locked") return to_bytes(holder_.has_value());
    if (call.method != "release") unknown(call);
    if (holder_ != call.who) throw std::logic_error("the lock is not held by this thread");
    holder_.reset();
    return "";
  }
  void undelivered(const ServedCall& call, std::string& answer) override {
    if (call.method != "acquire") return;
    holder_.reset();
    abandoned_ = from_bytes(answer).get<bool>();
  }
  void connection_gone(ConnectionId who) override {
    if (holder_ != who) return;
    holder_.reset();
    abandoned_ = true;
  }

 private:
  std::optional<ConnectionId> holder_;
  bool abandoned_ = false;  // its last holder died, and nobody was told yet
};

class Event final : public ServedObject {
 public:
  Answered call(const ServedCall& call) override {
    if (call.method == "wait") return set_ ? Answered("") : std::nullopt;
    if (call.method == "is_set") return to_bytes(set_);
    if (call.method != "set" && call.method != "clear") unknown(call);
    set_ = call.method == "set";
    return "";
  }

 private:
  bool set_ = false;
};

}  // namespace

void add_waiting_types(ServedTypes& types) {
  types["Queue"] = [](std::string_view capacity) { return std::make_unique<Queue>(capacity); };
  types["Lock"] = [](std::string_view) { return std::make_unique<Lock>(); };
  types["Event"] = [](std::string_view) { return std::make_unique<Event>(); };
}

}  // namespace parlab
