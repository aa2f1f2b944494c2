#pragma once

// The functions that the pools of a manager know by name. They are registered before the manager
// starts, and run in its pools' workers: processes that have the memory of that moment.
//
//   ManagerOptions options;
//   options.functions.add("is_prime", is_prime)
//                    .add("scale", [](double x, double by) { return x * by; });

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace parlab {

/// Takes its arguments as an array.
using ManagedFunction = std::function<nlohmann::json(const nlohmann::json& arguments)>;
using ManagedFunctionTable = std::map<std::string, ManagedFunction>;

template <class T>
constexpr bool is_vector = false;
template <class T>
constexpr bool is_vector<std::vector<T>> = true;

/// Whether an integer type has this whole number. Not by comparing afterwards: to nlohmann-json,
/// -1 and 2^64 - 1 are equal.
template <std::integral T>
bool holds(const nlohmann::json& value) {
  using Limits = std::numeric_limits<T>;
  if (value.is_number_unsigned())
    return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(Limits::max());
  const auto number = value.get<std::int64_t>();
  if (number >= 0)
    return static_cast<std::uint64_t>(number) <= static_cast<std::uint64_t>(Limits::max());
  return std::signed_integral<T> && number >= static_cast<std::int64_t>(Limits::min());
}

/// What a parameter gets. Throws std::invalid_argument or nlohmann's exception for a value of
/// another kind, for a number that the type does not hold, and for a fraction where it has none.
template <class T>
T argument_as(const nlohmann::json& value) {
  if constexpr (std::is_same_v<T, nlohmann::json>) {
    return value;
  } else if constexpr (is_vector<T>) {
    if (!value.is_array()) throw std::invalid_argument("an argument that should be a list");
    T elements;
    for (const nlohmann::json& element : value)
      elements.push_back(argument_as<typename T::value_type>(element));
    return elements;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean())
      throw std::invalid_argument("an argument that should be true or false");
    return value.get<bool>();
  } else if constexpr (std::integral<T>) {
    if (!value.is_number_integer())
      throw std::invalid_argument("an argument that should be a whole number: " + value.dump());
    if (!holds<T>(value))
      throw std::invalid_argument("an argument that does not fit its type: " + value.dump());
    return value.get<T>();
  } else if constexpr (std::floating_point<T>) {
    if (!value.is_number())
      throw std::invalid_argument("an argument that should be a number: " + value.dump());
    if (std::isfinite(value.get<double>()) && !std::isfinite(value.get<T>()))
      throw std::invalid_argument("an argument that does not fit its type: " + value.dump());
    return value.get<T>();
  } else {
    return value.get<T>();
  }
}

class ManagedFunctions {
 public:
  /// A function or callable object; what it takes and returns is what nlohmann-json can convert.
  template <class Function>
  ManagedFunctions& add(const std::string& name, Function function) {
    return add_as(name, std::function(std::move(function)));
  }

  const ManagedFunctionTable& table() const { return table_; }

 private:
  template <class Result, class... Parameters>
  ManagedFunctions& add_as(const std::string& name, std::function<Result(Parameters...)> function) {
    static_assert((... && !(std::is_lvalue_reference_v<Parameters> &&
                            !std::is_const_v<std::remove_reference_t<Parameters>>)),
                  "changes that a worker makes to its arguments are lost: take them by value, and "
                  "return the result");
    table_[name] = [function = std::move(function)](const nlohmann::json& arguments) {
      if (arguments.size() != sizeof...(Parameters))
        throw std::invalid_argument("takes " + std::to_string(sizeof...(Parameters)) +
                                    " arguments, not " + std::to_string(arguments.size()));
      return call(function, arguments, std::index_sequence_for<Parameters...>());
    };
    return *this;
  }
  template <class Result, class... Parameters, std::size_t... places>
  static nlohmann::json call(const std::function<Result(Parameters...)>& function,
                             [[maybe_unused]] const nlohmann::json& arguments,
                             std::index_sequence<places...>) {
    if constexpr (std::is_void_v<Result>) {
      function(argument_as<std::remove_cvref_t<Parameters>>(arguments[places])...);
      return nullptr;
    } else {
      return function(argument_as<std::remove_cvref_t<Parameters>>(arguments[places])...);
    }
  }

  ManagedFunctionTable table_;
};

}  // namespace parlab
