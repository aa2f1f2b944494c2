#include "kernels/sharing/manager/objects/served_arguments.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/messages/manager_frames.hpp"

namespace parlab {

using nlohmann::json;

std::string_view kind_of(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::object:
      return "a dict";
    case json::value_t::array:
      return "a list";
    case json::value_t::string:
      return "a string";
    case json::value_t::boolean:
      return "a boolean";
    case json::value_t::binary:
      return "bytes";
    case json::value_t::number_float:
      return "a number with a fraction";
    default:
      return "a whole number";
  }
}

void expect_no_arguments(const ServedCall& call) {
  constexpr std::string_view null = "\xf6";  // in CBOR
  if (call.arguments.empty() || call.arguments == null) return;
  const json value = from_bytes(call.arguments);
  if (!value.is_null())
    throw std::invalid_argument(
        fmt::format("{}() takes no arguments, not {}", call.method, kind_of(value)));
}

json several_arguments(const ServedCall& call, std::size_t least, std::size_t most) {
  json values = from_bytes(call.arguments);
  if (!values.is_array() || values.size() < least || values.size() > most)
    throw std::invalid_argument(
        least == most
            ? fmt::format("{}() takes {} arguments, as a list", call.method, least)
            : fmt::format("{}() takes {} to {} arguments, as a list", call.method, least, most));
  while (values.size() < most) values.push_back(nullptr);
  return values;
}

std::int64_t whole_number(const json& value, std::string_view what) {
  if (!value.is_number_integer())
    throw std::invalid_argument(fmt::format("{} is a whole number, not {}", what, kind_of(value)));
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{most})
    throw std::invalid_argument(
        fmt::format("{} is at most {}, not {}", what, most, value.get<std::uint64_t>()));
  return value.get<std::int64_t>();
}

std::uint64_t count_of(const json& value, std::string_view what) {
  const std::int64_t number = whole_number(value, what);
  if (number < 0) throw std::invalid_argument(fmt::format("{} is 0 or more, not {}", what, number));
  return static_cast<std::uint64_t>(number);
}

const std::string& text_of(const json& value, std::string_view what) {
  if (!value.is_string())
    throw std::invalid_argument(fmt::format("{} is a string, not {}", what, kind_of(value)));
  return value.get_ref<const std::string&>();
}

bool truth_of(const json& value, std::string_view what) {
  if (!value.is_boolean())
    throw std::invalid_argument(fmt::format("{} is true or false, not {}", what, kind_of(value)));
  return value.get<bool>();
}

}  // namespace parlab
