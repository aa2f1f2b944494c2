// Objects whose callers may have to wait.

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/served_arguments.hpp"
#include "kernels/sharing/manager/objects/served_object.hpp"

namespace parlab {
namespace {

using Answered = std::optional<std::string>;

/// Bounded where a capacity is given; items stay the bytes that they came as. Many at once travel
/// as a size before each.
class Queue final : public ServedObject {
 public:
  explicit Queue(std::string_view capacity) : capacity_(capacity_of(from_bytes(capacity))) {}

  Answered call(const ServedCall& call) override {
    if (call.method == "get") {
      expect_no_arguments(call);
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
    if (call.method != "size") unknown(call);
    expect_no_arguments(call);
    return to_bytes(items_.size());
  }

  void undelivered(const ServedCall& call, std::string& answer) override {
    if (call.method == "get") items_.push_front(std::move(answer));
    if (call.method != "get_many") return;
    std::deque<std::string> back = split(answer);
    items_.insert(items_.begin(), back.begin(), back.end());
  }

 private:
  /// As in Python, 0 and below is none.
  static std::size_t capacity_of(const nlohmann::json& given) {
    if (given.is_null()) return 0;
    return static_cast<std::size_t>(
        std::max<std::int64_t>(0, whole_number(given, "a queue's capacity")));
  }
  bool has_room(std::size_t more) const {
    return capacity_ == 0 || items_.size() + more <= capacity_;
  }

  static std::deque<std::string> split(std::string_view bytes) {
    std::deque<std::string> items;
    while (!bytes.empty()) {
      const auto item = take_frame(bytes);
      if (!item) throw std::invalid_argument("a batch that ends within an item");
      items.emplace_back(*item);
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
    std::uint64_t left = count_of(from_bytes(most), "how many items");
    if (items_.empty() && left > 0) return std::nullopt;
    std::string answer;
    for (; left > 0 && !items_.empty(); --left) {
      append_frame(answer, items_.front());
      items_.pop_front();
    }
    return answer;
  }

  std::size_t capacity_;  // 0: none
  std::deque<std::string> items_;
};

class Event final : public ServedObject {
 public:
  Answered call(const ServedCall& call) override {
    expect_no_arguments(call);
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
  types["Queue"] = [](std::string_view capacity, ServedHost&) {
    return std::make_unique<Queue>(capacity);
  };
  types["Event"] = [](std::string_view arguments, ServedHost&) {
    expect_no_arguments({0, "Event", arguments});
    return std::make_unique<Event>();
  };
}

}  // namespace parlab
