#pragma once

// The numbers that a value holds, for what is printed and compared.

#include <array>
#include <complex>
#include <type_traits>
#include <utility>

#include "experiments/own_kernel/inside/kernel_arrays.hpp"

namespace parlab::own {

template <class T>
using Sum =
    std::conditional_t<std::is_floating_point_v<T>, double,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;

template <class T>
constexpr Kind kind_of_number = std::is_floating_point_v<T>
                                    ? Kind::real
                                    : (std::is_signed_v<T> ? Kind::signed_whole : Kind::whole);

template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;
template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;

/// What any member may be made of.
struct Anything {
  template <class T>
  constexpr operator T() const;  // NOLINT(google-explicit-constructor)
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{{(static_cast<void>(I), Anything{})}...}; };
}
/// Members of a structure, 8 at most.
template <class T, std::size_t count = 8>
constexpr std::size_t members() {
  if constexpr (count == 0 || takes<T>(std::make_index_sequence<count>()))
    return count;
  else
    return members<T, count - 1>();
}

/// Every number in a value: of arrays and structures one after the other.
template <class T>
void numbers_of(const T& value, Sink sink) {
  const auto each = [&](const auto&... member) { (numbers_of(member, sink), ...); };
  if constexpr (std::is_enum_v<T>) {
    each(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    const Sum<T> whole = static_cast<Sum<T>>(value);
    sink.take(sink.to, kind_of_number<T>, &whole);
  } else if constexpr (is_complex<T>) {
    each(value.real(), value.imag());
  } else if constexpr (is_pair<T>) {
    each(value.first, value.second);
  } else if constexpr (requires { std::begin(value), std::end(value); }) {
    for (const auto& element : value) numbers_of(element, sink);
  } else if constexpr (std::is_aggregate_v<T>) {
    constexpr std::size_t count = members<T>();
    static_assert(count > 0, "a partial has 1 to 8 members, numbers or arrays of them");
    if constexpr (count == 1) {
      const auto& [a] = value;
      each(a);
    } else if constexpr (count == 2) {
      const auto& [a, b] = value;
      each(a, b);
    } else if constexpr (count == 3) {
      const auto& [a, b, c] = value;
      each(a, b, c);
    } else if constexpr (count == 4) {
      const auto& [a, b, c, d] = value;
      each(a, b, c, d);
    } else if constexpr (count == 5) {
      const auto& [a, b, c, d, e] = value;
      each(a, b, c, d, e);
    } else if constexpr (count == 6) {
      const auto& [a, b, c, d, e, f] = value;
      each(a, b, c, d, e, f);
    } else if constexpr (count == 7) {
      const auto& [a, b, c, d, e, f, g] = value;
      each(a, b, c, d, e, f, g);
    } else if constexpr (count == 8) {
      const auto& [a, b, c, d, e, f, g, h] = value;
      each(a, b, c, d, e, f, g, h);
    }
  } else {
    static_assert(!sizeof(T*),
                  "what a kernel returns must hold numbers, or the file must have "
                  "`answer(partial)`, which returns them");
  }
}

}  // namespace parlab::own
