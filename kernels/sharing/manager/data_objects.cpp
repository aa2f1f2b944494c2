// Objects that never make a caller wait.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/served_arguments.hpp"
#include "kernels/sharing/manager/served_object.hpp"
#include "kernels/sharing/manager/wire.hpp"

namespace parlab {

void ServedObject::unknown(const ServedCall& call) {
  throw std::invalid_argument(fmt::format("this object has no method '{}'", call.method));
}

namespace {

using Answered = std::optional<std::string>;

/// Keeps the bytes as they came.
class Value final : public ServedObject {
 public:
  explicit Value(std::string_view initial) : bytes_(initial) {}
  Answered call(const ServedCall& call) override {
    if (call.method == "get") {
      expect_no_arguments(call);
      return bytes_;
    }
    if (call.method != "set") unknown(call);
    bytes_ = call.arguments;
    return "";
  }

 private:
  std::string bytes_;
};

class Counter final : public ServedObject {
 public:
  explicit Counter(std::string_view initial)
      : count_(whole_number(from_bytes(initial), "a count")) {}
  Answered call(const ServedCall& call) override {
    if (call.method == "get") {
      expect_no_arguments(call);
      return to_bytes(count_);
    }
    if (call.method != "add") unknown(call);
    // Unsigned: beyond 2^63 it wraps, as in every counter of the hardware.
    const std::int64_t more = whole_number(from_bytes(call.arguments), "what a counter adds");
    count_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(count_) +
                                       static_cast<std::uint64_t>(more));
    return to_bytes(count_);
  }

 private:
  std::int64_t count_;
};

}  // namespace

void add_data_types(ServedTypes& types) {
  types["Value"] = [](std::string_view initial, ServedHost&) {
    return std::make_unique<Value>(initial);
  };
  types["Counter"] = [](std::string_view initial, ServedHost&) {
    return std::make_unique<Counter>(initial);
  };
}

}  // namespace parlab
