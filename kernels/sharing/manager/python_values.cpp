#include "kernels/sharing/manager/python_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "kernels/sharing/manager/served_arguments.hpp"

namespace parlab {
namespace {

using nlohmann::json;

bool counts(const json& value) { return value.is_number() || value.is_boolean(); }

/// Holds every integer of 64 bits and every double without loss.
using Exact = long double;
static_assert(std::numeric_limits<Exact>::digits >= 64);

Exact exactly(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number_unsigned()) return static_cast<Exact>(value.get<std::uint64_t>());
  if (value.is_number_integer()) return static_cast<Exact>(value.get<std::int64_t>());
  return value.get<double>();
}

/// Bytes of the character that begins here; 1 where it is no UTF-8.
std::size_t character_at(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first > 0xf4 || size > text.size()) return 1;
  const bool whole = std::ranges::all_of(text.substr(1, size - 1), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
  });
  return whole ? size : 1;
}

}  // namespace

json elements_of(const json& value) {
  if (value.is_array()) return value;
  json elements = json::array();
  if (value.is_object()) {
    for (const auto& [key, ignored] : value.items()) elements.push_back(key);
  } else if (value.is_string()) {
    std::string_view rest = value.get_ref<const std::string&>();
    while (!rest.empty()) {
      const std::size_t size = character_at(rest);
      elements.push_back(std::string(rest.substr(0, size)));
      rest.remove_prefix(size);
    }
  } else if (value.is_binary()) {
    for (const std::uint8_t byte : value.get_binary()) elements.push_back(byte);
  } else {
    throw std::invalid_argument(
        fmt::format("{} has no elements: give a list, a dict, a string or bytes", kind_of(value)));
  }
  return elements;
}

bool same_value(const json& a, const json& b) {
  if (counts(a) && counts(b)) return exactly(a) == exactly(b);
  if (a.is_array() && b.is_array())
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_value);
  if (a.is_object() && b.is_object())
    return a.size() == b.size() && std::ranges::all_of(a.items(), [&](const auto& entry) {
             const auto other = b.find(entry.key());
             return other != b.end() && same_value(entry.value(), *other);
           });
  return a == b;
}

bool value_before(const json& a, const json& b) {
  if (counts(a) && counts(b)) {
    if (std::isnan(exactly(a)) || std::isnan(exactly(b)))
      throw std::invalid_argument("NaN has no order: take it out first");
    return exactly(a) < exactly(b);
  }
  if (a.is_string() && b.is_string())
    return a.get_ref<const std::string&>() < b.get_ref<const std::string&>();
  if (a.is_binary() && b.is_binary()) return a.get_binary() < b.get_binary();
  if (!a.is_array() || !b.is_array())
    throw std::invalid_argument(fmt::format("{} and {} have no order", kind_of(a), kind_of(b)));
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), same_value);
  if (in_a == a.end() || in_b == b.end()) return a.size() < b.size();
  return value_before(*in_a, *in_b);
}

}  // namespace parlab
