#pragma once

// ManagedDict and ManagedNamespace: Python's dicts in a manager, with strings for keys.

#include <string>
#include <utility>
#include <vector>

#include "kernels/sharing/manager/messages/snapshot.hpp"
#include "kernels/sharing/manager/proxies/manager_proxy.hpp"

namespace parlab {

/// Keeps its entries in the order in which their keys came first.
class ManagedDict : public Proxy {
 public:
  using Proxy::Proxy;
  ManagedData get(const std::string& key) const { return call("get", key); }
  ManagedData get(const std::string& key, const ManagedData& otherwise) const {
    return call("get", ManagedData::array({key, otherwise}));
  }
  void set(const std::string& key, const ManagedData& value) const {
    call("update", ManagedData::object({{key, value}}));
  }
  /// The value of the key; where there is none, sets it first. Atomic.
  ManagedData setdefault(const std::string& key, const ManagedData& otherwise = nullptr) const {
    return call("setdefault", ManagedData::array({key, otherwise}));
  }
  /// Sets all entries of a dict, or of a list of pairs, in one call: all, or none where one is
  /// wrong.
  void update(const ManagedData& entries) const { call("update", entries); }
  void update(const ManagedDict& entries) const { update(ManagedData(entries.call("items"))); }
  bool contains(const std::string& key) const { return call("contains", key); }
  /// Whether there was one.
  bool erase(const std::string& key) const { return call("erase", key); }
  ManagedData pop(const std::string& key) const { return call("pop", key); }
  ManagedData pop(const std::string& key, const ManagedData& otherwise) const {
    return call("pop", ManagedData::array({key, otherwise}));
  }
  /// The entry that came last; throws where there is none.
  std::pair<std::string, ManagedData> popitem() const { return call("popitem"); }
  std::vector<std::string> keys() const { return call("keys"); }
  std::vector<ManagedData> values() const { return call("values"); }
  std::vector<std::pair<std::string, ManagedData>> items() const { return call("items"); }
  void clear() const { call("clear"); }
  std::size_t size() const { return call("size"); }
  /// A copy of the whole, which sorts its keys.
  ManagedData all() const { return call("all"); }
  ManagedData copy() const { return all(); }

  /// A loop goes over the keys as they are when it begins.
  SnapshotIterator<std::string> begin() const { return SnapshotIterator(keys()); }
  static SnapshotIterator<std::string> end() { return {}; }
};

/// Named values of any kind.
class ManagedNamespace : public ManagedDict {
 public:
  using ManagedDict::ManagedDict;
};

}  // namespace parlab
