#pragma once

// How a value becomes the bytes of a message and comes back: trivially copyable types as they are,
// strings, vectors, pairs, tuples and optionals of such by their parts. For other types include
// serialised.hpp, which takes whatever nlohmann-json can.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/crossing.hpp"

namespace parlab {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

/// Appends `count` bytes from `data`. In its own source: inlined, it makes gcc 12 at -O3 warn
/// of overflows that cannot be.
void append(Bytes& message, const void* data, std::size_t count);

/// Takes a message apart from its front.
class WireReader {
 public:
  explicit WireReader(BytesView bytes) : left_(bytes) {}
  BytesView take(std::size_t count) {
    if (count > left_.size())
      throw BadMessage("a message is shorter than the type that was asked for");
    const BytesView front = left_.first(count);
    left_ = left_.subspan(count);
    return front;
  }
  std::size_t left() const { return left_.size(); }

 private:
  BytesView left_;
};

/// Specialised for each kind of type below: put() appends to a message, take() reads from one.
template <class T>
struct Wire {
  static constexpr bool fixed_size = true;
  static void put(Bytes& message, const T& value) {
    check();
    append(message, &value, sizeof(T));
  }
  static T take(WireReader& reader) {
    check();
    T value;
    std::memcpy(static_cast<void*>(&value), reader.take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  static constexpr void check() {
    static_assert(
        std::is_trivially_copyable_v<T>,
        "this type cannot cross to another process: make it trivially copyable, or "
        "include kernels/sharing/messages/serialised.hpp and give it to_json and from_json");
    static_assert(!refers_to_memory<T>,
                  "a pointer or view means nothing in another process: send what it points to");
  }
};

template <class T>
void put_on_wire(Bytes& message, const T& value) {
  Wire<T>::put(message, value);
}

template <class T>
T take_from_wire(WireReader& reader) {
  return Wire<T>::take(reader);
}

/// Elements that are copied in one piece. (bool has no contiguous vector.)
template <class T>
concept CopiedInOnePiece = CrossesProcesses<T> && !std::is_same_v<T, bool>;

template <>
struct Wire<std::string> {
  static constexpr bool fixed_size = false;
  static void put(Bytes& message, const std::string& text) {
    put_on_wire(message, std::uint64_t{text.size()});
    append(message, text.data(), text.size());
  }
  static std::string take(WireReader& reader) {
    const BytesView bytes = reader.take(take_from_wire<std::uint64_t>(reader));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

template <class T>
struct Wire<std::vector<T>> {
  static constexpr bool fixed_size = false;
  static void put(Bytes& message, const std::vector<T>& elements) {
    put_on_wire(message, std::uint64_t{elements.size()});
    if constexpr (CopiedInOnePiece<T>) {
      append(message, elements.data(), elements.size() * sizeof(T));
    } else {
      for (const auto& element : elements) put_on_wire<T>(message, element);
    }
  }
  static std::vector<T> take(WireReader& reader) {
    const auto size = take_from_wire<std::uint64_t>(reader);
    std::vector<T> elements;
    if constexpr (CopiedInOnePiece<T>) {
      if (size > reader.left() / sizeof(T))
        throw BadMessage("a message is shorter than the vector that it should hold");
      elements.resize(size);
      if (size != 0)
        std::memcpy(elements.data(), reader.take(size * sizeof(T)).data(), size * sizeof(T));
    } else {
      for (std::uint64_t i = 0; i < size; ++i) elements.push_back(take_from_wire<T>(reader));
    }
    return elements;
  }
};

template <class... Parts>
struct Wire<std::tuple<Parts...>> {
  static constexpr bool fixed_size = false;
  static void put(Bytes& message, const std::tuple<Parts...>& parts) {
    std::apply([&](const Parts&... part) { (put_on_wire<Parts>(message, part), ...); }, parts);
  }
  static std::tuple<Parts...> take(WireReader& reader) {
    return std::tuple<Parts...>{take_from_wire<Parts>(reader)...};  // braces: from left to right
  }
};

template <class First, class Second>
struct Wire<std::pair<First, Second>> {
  static constexpr bool fixed_size = false;
  static void put(Bytes& message, const std::pair<First, Second>& pair) {
    put_on_wire<First>(message, pair.first);
    put_on_wire<Second>(message, pair.second);
  }
  static std::pair<First, Second> take(WireReader& reader) {
    auto first = take_from_wire<First>(reader);
    return {std::move(first), take_from_wire<Second>(reader)};
  }
};

template <class T>
requires(!CrossesProcesses<T>) struct Wire<std::optional<T>> {
  static constexpr bool fixed_size = false;
  static void put(Bytes& message, const std::optional<T>& value) {
    put_on_wire(message, value.has_value());
    if (value) put_on_wire<T>(message, *value);
  }
  static std::optional<T> take(WireReader& reader) {
    if (!take_from_wire<bool>(reader)) return std::nullopt;
    return take_from_wire<T>(reader);
  }
};

/// The message of one value.
template <class T>
Bytes to_wire(const T& value) {
  Bytes message;
  put_on_wire<T>(message, value);
  return message;
}

/// The value of a whole message. Throws BadMessage where it is not one of T.
template <class T>
T from_wire(BytesView message) {
  WireReader reader(message);
  T value = take_from_wire<T>(reader);
  if (reader.left() != 0) throw BadMessage("a message is longer than the type that was asked for");
  return value;
}

}  // namespace parlab
