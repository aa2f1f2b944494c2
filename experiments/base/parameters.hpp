#pragma once

// The further axes of a workload: names with a typed value each, as in seed = 1, view = "whole".

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace parlab {

/// What a parameter is set to. Whole numbers of equal value are equal, whatever their type was.
class ParameterValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): {"seed", 1} is how a workload is written.
  ParameterValue(bool value) : value_(value) {}
  template <std::integral T>
  ParameterValue(T value) {
    if (std::cmp_less(value, 0))
      value_ = static_cast<std::int64_t>(value);
    else
      value_ = static_cast<std::uint64_t>(value);
  }
  ParameterValue(double value) : value_(value) {}
  ParameterValue(std::string value) : value_(std::move(value)) {}
  ParameterValue(const char* value) : value_(std::string(value)) {}
  // NOLINTEND(google-explicit-constructor)

  bool is_text() const { return std::holds_alternative<std::string>(value_); }
  bool is_number() const { return !is_text() && !std::holds_alternative<bool>(value_); }
  /// As a label says it: 1000, 0.25, true, odd.
  std::string text() const;

  /// The value where it is of type T: bool, a whole number that T can hold, double, or std::string.
  /// Throws std::logic_error, naming `name`, where it is not.
  template <class T>
  T as(std::string_view name) const {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      if (const auto* number = std::get_if<std::uint64_t>(&value_);
          number != nullptr && std::in_range<T>(*number))
        return static_cast<T>(*number);
      if (const auto* number = std::get_if<std::int64_t>(&value_);
          number != nullptr && std::in_range<T>(*number))
        return static_cast<T>(*number);
    } else if (const auto* value = std::get_if<T>(&value_)) {
      return *value;
    }
    throw_other_type(name);
  }

  friend bool operator==(const ParameterValue&, const ParameterValue&) = default;
  friend void to_json(nlohmann::json& json, const ParameterValue& value);

 private:
  [[noreturn]] void throw_other_type(std::string_view name) const;

  std::variant<bool, std::int64_t, std::uint64_t, double, std::string> value_;
};

using Parameters = std::map<std::string, ParameterValue, std::less<>>;

/// The one of that name. Throws std::logic_error where there is none.
const ParameterValue& parameter_named(const Parameters& parameters, std::string_view name);

}  // namespace parlab
