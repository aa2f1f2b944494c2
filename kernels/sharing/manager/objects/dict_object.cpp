// A manager's dicts and namespaces, with the methods and the rules of Python's dict; keys are
// strings.

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/python_values.hpp"
#include "kernels/sharing/manager/objects/served_arguments.hpp"
#include "kernels/sharing/manager/objects/served_object.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Entries in the order in which their keys came first.
class OrderedEntries {
 public:
  const json* find(const std::string& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.value;
  }
  void set(const std::string& key, json value) {
    const auto [place, fresh] = entries_.try_emplace(key);
    place->second.value = std::move(value);
    if (!fresh) return;
    place->second.number = next_++;
    order_[place->second.number] = &place->first;
  }
  /// The entry must be there.
  json take(const std::string& key) {
    const auto place = entries_.find(key);
    json value = std::move(place->second.value);
    order_.erase(place->second.number);
    entries_.erase(place);
    return value;
  }
  const std::string& last() const { return *order_.rbegin()->second; }
  std::size_t size() const { return entries_.size(); }
  void clear() {
    order_.clear();
    entries_.clear();
  }
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [number, key] : order_) visit(*key, *find(*key));
  }

 private:
  struct Entry {
    json value;
    std::uint64_t number = 0;
  };
  std::unordered_map<std::string, Entry> entries_;
  std::map<std::uint64_t, const std::string*> order_;
  std::uint64_t next_ = 0;
};

/// What a dict is made of or updated with: a dict, or a list of keys with their values.
std::vector<std::pair<std::string, json>> entries_of(const json& given) {
  std::vector<std::pair<std::string, json>> entries;
  if (given.is_object()) {
    for (const auto& [key, value] : given.items()) entries.emplace_back(key, value);
    return entries;
  }
  const json pairs = elements_of(given);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    json pair = elements_of(pairs[i]);
    if (pair.size() != 2)
      throw std::invalid_argument(fmt::format(
          "a dict takes pairs of a key and a value: number {} has length {}", i, pair.size()));
    entries.emplace_back(text_of(pair[0], "a key"), std::move(pair[1]));
  }
  return entries;
}

class ServedDict final : public ServedObject {
 public:
  explicit ServedDict(std::string_view initial) { add(entries_of(from_bytes(initial))); }

  std::optional<std::string> call(const ServedCall& call) override {
    const auto method = methods().find(call.method);
    if (method == methods().end()) unknown(call);
    return to_bytes((this->*method->second)(call));
  }

 private:
  using Methods = std::map<std::string_view, json (ServedDict::*)(const ServedCall&)>;
  static const Methods& methods() {
    static const Methods all = {
        {"all", &ServedDict::all},           {"size", &ServedDict::size},
        {"keys", &ServedDict::keys},         {"values", &ServedDict::values},
        {"items", &ServedDict::items},       {"get", &ServedDict::get},
        {"contains", &ServedDict::contains}, {"setdefault", &ServedDict::setdefault},
        {"update", &ServedDict::update},     {"erase", &ServedDict::erase},
        {"pop", &ServedDict::pop},           {"popitem", &ServedDict::popitem},
        {"clear", &ServedDict::clear}};
    return all;
  }

  json all(const ServedCall& call) {
    expect_no_arguments(call);
    json entries = json::object();
    entries_.for_each([&](const std::string& key, const json& value) { entries[key] = value; });
    return entries;
  }
  json size(const ServedCall& call) {
    expect_no_arguments(call);
    return entries_.size();
  }
  json keys(const ServedCall& call) {
    return list_of(call, [](const std::string& key, const json&) { return json(key); });
  }
  json values(const ServedCall& call) {
    return list_of(call, [](const std::string&, const json& value) { return value; });
  }
  json items(const ServedCall& call) {
    return list_of(call, [](const std::string& key, const json& value) {
      return json::array({key, value});
    });
  }
  /// A key, or a list of a key and what stands in for its value where there is none.
  json get(const ServedCall& call) {
    const auto [key, otherwise] = key_and_default(call);
    const json* value = entries_.find(key);
    if (!value && !otherwise) throw std::out_of_range(fmt::format("no entry '{}'", key));
    return value ? *value : *otherwise;
  }
  json contains(const ServedCall& call) {
    return entries_.find(text_of(from_bytes(call.arguments), "a key")) != nullptr;
  }
  json setdefault(const ServedCall& call) {
    json arguments = several_arguments(call, 1, 2);
    const std::string key = text_of(arguments[0], "a key");
    if (!entries_.find(key)) entries_.set(key, std::move(arguments[1]));
    return *entries_.find(key);
  }
  /// All entries or, where one is wrong, none.
  json update(const ServedCall& call) {
    add(entries_of(from_bytes(call.arguments)));
    return nullptr;
  }
  json erase(const ServedCall& call) {
    const json key = from_bytes(call.arguments);
    const bool there = entries_.find(text_of(key, "a key")) != nullptr;
    if (there) entries_.take(text_of(key, "a key"));
    return there;
  }
  json pop(const ServedCall& call) {
    const auto [key, otherwise] = key_and_default(call);
    if (entries_.find(key)) return entries_.take(key);
    if (!otherwise) throw std::out_of_range(fmt::format("no entry '{}'", key));
    return *otherwise;
  }
  json popitem(const ServedCall& call) {
    expect_no_arguments(call);
    if (entries_.size() == 0) throw std::out_of_range("popitem(): the dict is empty");
    const std::string key = entries_.last();
    return json::array({key, entries_.take(key)});
  }
  json clear(const ServedCall& call) {
    expect_no_arguments(call);
    entries_.clear();
    return nullptr;
  }

  static std::pair<std::string, std::optional<json>> key_and_default(const ServedCall& call) {
    const json argument = from_bytes(call.arguments);
    if (!argument.is_array()) return {text_of(argument, "a key"), std::nullopt};
    const json both = several_arguments(call, 2, 2);
    return {text_of(both[0], "a key"), std::optional<json>(std::in_place, both[1])};
  }
  template <class Part>
  json list_of(const ServedCall& call, const Part& part) const {
    expect_no_arguments(call);
    json list = json::array();
    entries_.for_each(
        [&](const std::string& key, const json& value) { list.push_back(part(key, value)); });
    return list;
  }
  void add(std::vector<std::pair<std::string, json>> entries) {
    for (auto& [key, value] : entries) entries_.set(key, std::move(value));
  }

  OrderedEntries entries_;
};

}  // namespace

void add_dict_types(ServedTypes& types) {
  types["dict"] = [](std::string_view initial, ServedHost&) {
    return std::make_unique<ServedDict>(initial);
  };
  types["Namespace"] = types["dict"];
}

}  // namespace parlab
