// Objects that never make a caller wait.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/served_object.hpp"
#include "kernels/sharing/manager/wire.hpp"

namespace parlab {

void ServedObject::unknown(const ServedCall& call) {
  throw std::invalid_argument(fmt::format("this object has no method '{}'", call.method));
}

namespace {

using nlohmann::json;
using Answered = std::optional<std::string>;

/// Keeps the bytes as they came.
class Value final : public ServedObject {
 public:
  explicit Value(std::string_view initial) : bytes_(initial) {}
  Answered call(const ServedCall& call) override {
    if (call.method == "get") return bytes_;
    if (call.method != "set") unknown(call);
    bytes_ = call.arguments;
    return "";
  }

 private:
  std::string bytes_;
};

class Counter final : public ServedObject {
 public:
  explicit Counter(std::string_view initial) : count_(from_bytes(initial).get<std::int64_t>()) {}
  Answered call(const ServedCall& call) override {
    if (call.method == "add") {
      // Unsigned: beyond 2^63 it wraps, as in every counter of the hardware.
      count_ = static_cast<std::int64_t>(
          static_cast<std::uint64_t>(count_) +
          static_cast<std::uint64_t>(from_bytes(call.arguments).get<std::int64_t>()));
    } else if (call.method != "get") {
      unknown(call);
    }
    return to_bytes(count_);
  }

 private:
  std::int64_t count_;
};

/// An index of Python's kind: negative ones count from the end.
std::size_t place_in(const json& list, const json& index) {
  const auto size = static_cast<std::int64_t>(list.size());
  const auto at = index.get<std::int64_t>();
  if (at < -size || at >= size)
    throw std::out_of_range(fmt::format("index {} in a list of {}", at, size));
  return static_cast<std::size_t>(at < 0 ? at + size : at);
}

class List final : public ServedObject {
 public:
  List(std::string_view initial, bool fixed) : list_(from_bytes(initial)), fixed_(fixed) {
    if (!list_.is_array()) throw std::invalid_argument("a list begins as an array of values");
  }
  Answered call(const ServedCall& call) override {
    if (call.method == "all") return to_bytes(list_);
    if (call.method == "size") return to_bytes(list_.size());
    const json argument = from_bytes(call.arguments);
    if (call.method == "get") return to_bytes(list_[place_in(list_, argument)]);
    if (call.method == "set") {
      list_[place_in(list_, argument.at(0))] = argument.at(1);
      return "";
    }
    if (fixed_) unknown(call);
    if (call.method == "append") {
      list_.push_back(argument);
    } else if (call.method == "extend") {
      list_.insert(list_.end(), argument.begin(), argument.end());
    } else if (call.method == "pop") {
      const std::size_t at = place_in(list_, argument);
      const json value = list_[at];
      list_.erase(at);
      return to_bytes(value);
    } else {
      unknown(call);
    }
    return "";
  }

 private:
  json list_;
  bool fixed_;  // an Array
};

class Dict final : public ServedObject {
 public:
  explicit Dict(std::string_view initial) : dict_(from_bytes(initial)) {
    if (!dict_.is_object()) throw std::invalid_argument("a dict begins as an object");
  }
  Answered call(const ServedCall& call) override {
    if (call.method == "all") return to_bytes(dict_);
    if (call.method == "size") return to_bytes(dict_.size());
    const json argument = from_bytes(call.arguments);
    if (call.method == "get") return to_bytes(at(argument));
    if (call.method == "contains") return to_bytes(dict_.contains(argument.get<std::string>()));
    if (call.method == "erase") return to_bytes(dict_.erase(argument.get<std::string>()) != 0);
    if (call.method == "update") {
      dict_.update(argument);
      return "";
    }
    if (call.method == "pop") {
      const json value = at(argument);
      dict_.erase(argument.get<std::string>());
      return to_bytes(value);
    }
    unknown(call);
  }

 private:
  const json& at(const json& key) const {
    const auto found = dict_.find(key.get<std::string>());
    if (found == dict_.end())
      throw std::out_of_range(fmt::format("no entry '{}'", key.get<std::string>()));
    return *found;
  }

  json dict_;
};

}  // namespace

void add_data_types(ServedTypes& types) {
  types["Value"] = [](std::string_view initial) { return std::make_unique<Value>(initial); };
  types["Counter"] = [](std::string_view initial) { return std::make_unique<Counter>(initial); };
  types["Array"] = [](std::string_view initial) { return std::make_unique<List>(initial, true); };
  types["list"] = [](std::string_view initial) { return std::make_unique<List>(initial, false); };
  types["dict"] = [](std::string_view initial) { return std::make_unique<Dict>(initial); };
  types["Namespace"] = types["dict"];
}

}  // namespace parlab
