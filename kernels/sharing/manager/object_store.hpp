#pragma once

// The objects of a manager: made, found by name, held by sessions, dropped with their last holder.

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/sharing/manager/served_object.hpp"

namespace parlab {

class ObjectStore {
 public:
  struct Entry {
    std::unique_ptr<ServedObject> object;
    std::string type;
    std::string name;                            // not empty: stays until the manager ends
    std::map<std::string, std::uint64_t> holds;  // how many proxies each session has
    std::list<ConnectionId> waiting = {};        // whose calls wait, in order
  };

  explicit ObjectStore(ServedTypes types) : types_(std::move(types)) {}

  /// Makes an object, or finds the one of this type that has the name; held by `session` once
  /// more. Throws std::invalid_argument.
  std::uint64_t make(const std::string& session, const std::string& type, const std::string& name,
                     std::string_view arguments, ServedHost& host);
  /// Null where it was dropped, or never was.
  Entry* find(std::uint64_t id);
  /// False where the object is gone.
  bool hold(const std::string& session, std::uint64_t id);
  void drop(const std::string& session, std::uint64_t id);
  void session_gone(const std::string& session);

  /// The objects that told of a change since it was last asked, some perhaps gone by now.
  std::vector<std::uint64_t> take_changed() { return std::exchange(changed_, {}); }

  std::size_t size() const { return entries_.size(); }
  std::unordered_map<std::uint64_t, Entry>& entries() { return entries_; }

 private:
  using Place = std::unordered_map<std::uint64_t, Entry>::iterator;
  Place remove_if_unheld(Place place);

  ServedTypes types_;
  std::map<std::string, std::uint64_t> names_;
  std::vector<std::uint64_t> changed_;
  std::uint64_t next_ = 1;                            // 0 is the manager itself
  std::unordered_map<std::uint64_t, Entry> entries_;  // last: they tell of changes as they go
};

}  // namespace parlab
