#pragma once

// Lists of things with names. A Registry is filled by static objects of the sources themselves, so
// that a new entry takes one source and changes no list; find_entry() and entry_named() also look
// through an array.

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {

template <class Entries>
std::vector<std::string> names_of(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.emplace_back(entry.name);
  return names;
}

/// The entry of that name, or null.
template <class Entries>
auto* find_entry(Entries& entries, std::string_view name) {
  const auto entry =
      std::ranges::find_if(entries, [&](const auto& known) { return known.name == name; });
  return entry == std::ranges::end(entries) ? nullptr : &*entry;
}

/// The entry of that name. Throws UsageError, with the nearest name and the valid ones, where there
/// is none: "unknown WHAT 'NAME' ...".
template <class Entries>
auto& entry_named(Entries& entries, std::string_view what, std::string_view name) {
  if (auto* entry = find_entry(entries, name)) return *entry;
  throw UsageError(unknown_name(what, name, names_of(entries)));
}

/// Entries in the order of their keys. Make it a static object of a function: entries are added
/// before main(), in no given order of sources.
template <class Entry, auto key = &Entry::name>
class Registry {
 public:
  void add(Entry entry) {
    const auto place = std::ranges::upper_bound(entries_, std::invoke(key, entry), {}, key);
    entries_.insert(place, std::move(entry));
  }

  const std::vector<Entry>& all() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace parlab
