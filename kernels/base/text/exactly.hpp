#pragma once

// Numbers as arguments, checked against what they say: C++ makes 1 of 1.9, and 18446744073709551615
// of -1, without a word.

#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace parlab {

[[noreturn]] void throw_does_not_fit(const std::string& number, const std::string& least,
                                     const std::string& most);

/// A T, as a parameter's type: takes any number that a T can hold. One with a fraction does not
/// compile where T is an integer; one out of range, or an integer that a floating-point T would
/// round, throws std::invalid_argument. Between floating-point types rounding is as usual.
template <class T>
class Exactly {
 public:
  constexpr Exactly() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number>
  constexpr Exactly(Number number)  // NOLINT: implicit, so that 100 is one
      : value_(static_cast<T>(number)) {
    if constexpr (!std::is_same_v<Number, T>) {
      static_assert(!std::is_floating_point_v<Number> || std::is_floating_point_v<T>,
                    "a fraction would be cut off here: round it first, for instance by "
                    "std::llround");
      if (!fits(number)) refuse(number);
    }
  }
  /// What converts to a T by itself, for instance a std::atomic<T>.
  template <class Other>
  requires(
      !std::is_arithmetic_v<std::remove_cvref_t<Other>> &&
      !std::same_as<std::remove_cvref_t<Other>, Exactly> &&
      std::convertible_to<Other, T>) constexpr Exactly(Other&& other)  // NOLINT: implicit, and the
                                                                       // constraint is not seen
      : value_(std::forward<Other>(other)) {}

  constexpr operator T() const { return value_; }  // NOLINT: it is one

 private:
  template <class Number>
  static constexpr bool fits(Number number) {
    if constexpr (std::is_integral_v<T> && std::is_integral_v<Number>)
      return std::cmp_less_equal(+std::numeric_limits<T>::min(), +number) &&
             std::cmp_less_equal(+number, +std::numeric_limits<T>::max());
    else if constexpr (std::is_integral_v<Number>)
      return static_cast<long double>(static_cast<T>(number)) == static_cast<long double>(number);
    else
      return !std::isfinite(number) || std::isfinite(static_cast<T>(number));
  }
  template <class Number>
  [[noreturn]] static void refuse(Number number) {
    throw_does_not_fit(std::to_string(number), std::to_string(std::numeric_limits<T>::lowest()),
                       std::to_string(std::numeric_limits<T>::max()));
  }

  T value_{};
};

/// A value of type T as a parameter: checked where it is a number.
template <class T>
using Argument = std::conditional_t<std::is_arithmetic_v<T>, Exactly<T>, T>;

}  // namespace parlab
