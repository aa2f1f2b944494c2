// A manager's lists and arrays, with the methods and the rules of Python's.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "kernels/sharing/manager/python_values.hpp"
#include "kernels/sharing/manager/served_arguments.hpp"
#include "kernels/sharing/manager/served_object.hpp"
#include "kernels/sharing/manager/slice.hpp"
#include "kernels/sharing/manager/wire.hpp"

namespace parlab {
namespace {

using nlohmann::json;

class ServedList final : public ServedObject {
 public:
  ServedList(std::string_view initial, bool fixed)
      : values_(elements_of(from_bytes(initial)).get<json::array_t>()), fixed_(fixed) {}

  std::optional<std::string> call(const ServedCall& call) override {
    if (const auto method = of_all().find(call.method); method != of_all().end())
      return to_bytes((this->*method->second)(call));
    const auto method = of_lists().find(call.method);
    if (fixed_ || method == of_lists().end()) unknown(call);
    return to_bytes((this->*method->second)(call));
  }

 private:
  using Methods = std::map<std::string_view, json (ServedList::*)(const ServedCall&)>;
  /// Those that keep the size.
  static const Methods& of_all() {
    static const Methods methods = {{"all", &ServedList::all},
                                    {"size", &ServedList::size},
                                    {"get", &ServedList::get},
                                    {"set", &ServedList::set},
                                    {"get_slice", &ServedList::get_slice},
                                    {"set_slice", &ServedList::set_slice}};
    return methods;
  }
  static const Methods& of_lists() {
    static const Methods methods = {
        {"append", &ServedList::append},   {"extend", &ServedList::extend},
        {"insert", &ServedList::insert},   {"pop", &ServedList::pop},
        {"remove", &ServedList::remove},   {"index", &ServedList::index},
        {"count", &ServedList::count},     {"contains", &ServedList::contains},
        {"reverse", &ServedList::reverse}, {"sort", &ServedList::sort},
        {"erase", &ServedList::erase},     {"erase_slice", &ServedList::erase_slice},
        {"repeat", &ServedList::repeat},   {"clear", &ServedList::clear}};
    return methods;
  }

  json all(const ServedCall& call) {
    expect_no_arguments(call);
    return values_;
  }
  json size(const ServedCall& call) {
    expect_no_arguments(call);
    return values_.size();
  }
  json get(const ServedCall& call) { return values_[place_of(from_bytes(call.arguments))]; }
  json set(const ServedCall& call) {
    json arguments = several_arguments(call, 2, 2);
    values_[place_of(arguments[0])] = std::move(arguments[1]);
    return nullptr;
  }
  json get_slice(const ServedCall& call) {
    const SlicePlaces places = resolve_slice(several_arguments(call, 0, 3), signed_size());
    json part = json::array();
    for (std::int64_t i = 0; i < places.count; ++i)
      part.push_back(values_[static_cast<std::size_t>(places.first + i * places.step)]);
    return part;
  }
  json set_slice(const ServedCall& call) {
    const json arguments = several_arguments(call, 4, 4);
    const SlicePlaces places = resolve_slice(arguments, signed_size());
    const json values = elements_of(arguments[3]);
    if ((fixed_ || places.step != 1) && static_cast<std::int64_t>(values.size()) != places.count)
      throw std::invalid_argument(
          fmt::format("a slice of {} values takes as many, not {}", places.count, values.size()));
    if (places.step == 1) {
      const auto first = values_.erase(at(places.first), at(places.first + places.count));
      values_.insert(first, values.begin(), values.end());
    } else {
      for (std::int64_t i = 0; i < places.count; ++i)
        *at(places.first + i * places.step) = values[static_cast<std::size_t>(i)];
    }
    return nullptr;
  }

  json append(const ServedCall& call) {
    values_.push_back(from_bytes(call.arguments));
    return nullptr;
  }
  json extend(const ServedCall& call) {
    const json values = elements_of(from_bytes(call.arguments));
    values_.insert(values_.end(), values.begin(), values.end());
    return nullptr;
  }
  json insert(const ServedCall& call) {
    json arguments = several_arguments(call, 2, 2);
    values_.insert(at(bound_of(arguments[0], "where to insert")), std::move(arguments[1]));
    return nullptr;
  }
  json pop(const ServedCall& call) {
    if (values_.empty()) throw std::out_of_range("pop from an empty list");
    const auto place = at(static_cast<std::int64_t>(place_of(from_bytes(call.arguments))));
    json value = std::move(*place);
    values_.erase(place);
    return value;
  }
  json remove(const ServedCall& call) {
    const auto place = find(from_bytes(call.arguments), 0, signed_size());
    if (place == values_.end())
      throw std::invalid_argument("remove(): the value is not in the list");
    values_.erase(place);
    return nullptr;
  }
  json index(const ServedCall& call) {
    const json arguments = several_arguments(call, 1, 3);
    const std::int64_t from = arguments[1].is_null() ? 0 : bound_of(arguments[1], "a start");
    const std::int64_t to =
        arguments[2].is_null() ? signed_size() : bound_of(arguments[2], "a stop");
    const auto place = find(arguments[0], from, to);
    if (place == values_.end())
      throw std::invalid_argument("index(): the value is not in the list");
    return place - values_.begin();
  }
  json count(const ServedCall& call) {
    const json value = from_bytes(call.arguments);
    return std::ranges::count_if(values_, [&](const json& one) { return same_value(one, value); });
  }
  json contains(const ServedCall& call) {
    return find(from_bytes(call.arguments), 0, signed_size()) != values_.end();
  }
  json reverse(const ServedCall& call) {
    expect_no_arguments(call);
    std::ranges::reverse(values_);
    return nullptr;
  }
  /// Stable, backwards too; where two values have no order the list stays as it was.
  json sort(const ServedCall& call) {
    const json arguments = from_bytes(call.arguments);
    const bool backwards = !arguments.is_null() && truth_of(arguments, "whether to sort backwards");
    json::array_t sorted = values_;
    std::ranges::stable_sort(sorted, [&](const json& a, const json& b) {
      return backwards ? value_before(b, a) : value_before(a, b);
    });
    values_ = std::move(sorted);
    return nullptr;
  }
  json erase(const ServedCall& call) {
    values_.erase(at(static_cast<std::int64_t>(place_of(from_bytes(call.arguments)))));
    return nullptr;
  }
  json erase_slice(const ServedCall& call) {
    const SlicePlaces places = resolve_slice(several_arguments(call, 0, 3), signed_size());
    if (places.count == 0) return nullptr;
    // From its lowest place on, what stays moves down.
    const std::int64_t last = places.first + (places.count - 1) * places.step;
    const std::int64_t step = places.step < 0 ? -places.step : places.step;
    const std::int64_t lowest = std::min(places.first, last);
    std::int64_t kept = lowest;
    for (std::int64_t i = lowest; i < signed_size(); ++i) {
      const bool erased = i <= std::max(places.first, last) && (i - lowest) % step == 0;
      if (!erased) *at(kept++) = std::move(*at(i));
    }
    values_.resize(static_cast<std::size_t>(kept));
    return nullptr;
  }
  /// list *= count
  json repeat(const ServedCall& call) {
    const std::int64_t times =
        std::max<std::int64_t>(0, whole_number(from_bytes(call.arguments), "how often"));
    const std::size_t once = values_.size();
    if (once != 0 && static_cast<std::uint64_t>(times) > values_.max_size() / once)
      throw std::length_error("a list of more values than memory holds");
    json::array_t all;
    all.reserve(once * static_cast<std::size_t>(times));
    for (std::int64_t i = 0; once != 0 && i < times; ++i)
      all.insert(all.end(), values_.begin(), values_.end());
    values_ = std::move(all);
    return nullptr;
  }
  json clear(const ServedCall& call) {
    expect_no_arguments(call);
    values_.clear();
    return nullptr;
  }

  std::int64_t signed_size() const { return static_cast<std::int64_t>(values_.size()); }
  json::array_t::iterator at(std::int64_t place) { return values_.begin() + place; }

  /// Of one value: below 0 from the end; beyond the ends there is none.
  std::size_t place_of(const json& index) const {
    const std::int64_t place = whole_number(index, "an index");
    if (place < -signed_size() || place >= signed_size())
      throw std::out_of_range(fmt::format("index {} in a list of {}", place, values_.size()));
    return static_cast<std::size_t>(place < 0 ? place + signed_size() : place);
  }
  /// Between two values: beyond the ends it means the ends.
  std::int64_t bound_of(const json& index, std::string_view what) const {
    const std::int64_t place = whole_number(index, what);
    return std::clamp<std::int64_t>(place < 0 ? place + signed_size() : place, 0, signed_size());
  }
  json::array_t::iterator find(const json& value, std::int64_t from, std::int64_t to) {
    if (from >= to) return values_.end();
    const auto place =
        std::find_if(at(from), at(to), [&](const json& one) { return same_value(one, value); });
    return place == at(to) ? values_.end() : place;
  }

  json::array_t values_;
  bool fixed_;  // an Array
};

}  // namespace

void add_list_types(ServedTypes& types) {
  types["Array"] = [](std::string_view initial, ServedHost&) {
    return std::make_unique<ServedList>(initial, true);
  };
  types["list"] = [](std::string_view initial, ServedHost&) {
    return std::make_unique<ServedList>(initial, false);
  };
}

}  // namespace parlab
