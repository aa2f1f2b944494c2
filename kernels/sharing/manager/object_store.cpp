#include "kernels/sharing/manager/object_store.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace parlab {

std::uint64_t ObjectStore::make(const std::string& session, const std::string& type,
                                const std::string& name, std::string_view arguments,
                                ServedHost& host) {
  if (const auto named = names_.find(name); !name.empty() && named != names_.end()) {
    Entry& entry = entries_.at(named->second);
    if (entry.type != type)
      throw std::invalid_argument(
          fmt::format("'{}' is a {} already, not a {}", name, entry.type, type));
    ++entry.holds[session];
    return named->second;
  }
  const auto factory = types_.find(type);
  if (factory == types_.end())
    throw std::invalid_argument(
        fmt::format("this manager knows no type '{}'; register it before the start", type));
  Entry entry{factory->second(arguments, host), type, name, {{session, 1}}};
  const std::uint64_t id = next_++;
  entry.object->on_change([this, id] { changed_.push_back(id); });
  entries_.emplace(id, std::move(entry));
  if (!name.empty()) names_[name] = id;
  return id;
}

ObjectStore::Entry* ObjectStore::find(std::uint64_t id) {
  const auto place = entries_.find(id);
  return place == entries_.end() ? nullptr : &place->second;
}

bool ObjectStore::hold(const std::string& session, std::uint64_t id) {
  Entry* entry = find(id);
  if (entry) ++entry->holds[session];
  return entry != nullptr;
}

void ObjectStore::drop(const std::string& session, std::uint64_t id) {
  const auto place = entries_.find(id);
  if (place == entries_.end()) return;
  const auto held = place->second.holds.find(session);
  if (held == place->second.holds.end()) return;
  if (--held->second == 0) place->second.holds.erase(held);
  remove_if_unheld(place);
}

void ObjectStore::session_gone(const std::string& session) {
  for (auto place = entries_.begin(); place != entries_.end();) {
    place->second.holds.erase(session);
    place = remove_if_unheld(place);
  }
}

ObjectStore::Place ObjectStore::remove_if_unheld(Place place) {
  const Entry& entry = place->second;
  const bool needed = !entry.holds.empty() || !entry.name.empty() || !entry.waiting.empty();
  return needed ? std::next(place) : entries_.erase(place);
}

}  // namespace parlab
