#pragma once

// ManagedArray and ManagedList: Python's lists in a manager.

#include <string>
#include <vector>

#include "kernels/sharing/manager/messages/snapshot.hpp"
#include "kernels/sharing/manager/proxies/manager_proxy.hpp"
#include "kernels/sharing/manager/proxies/slice.hpp"

namespace parlab {

/// A list of a size that stays. Indices below 0 count from the end.
class ManagedArray : public Proxy {
 public:
  using Proxy::Proxy;
  ManagedData get(WholeNumber index) const { return call("get", index.value()); }
  void set(WholeNumber index, const ManagedData& value) const {
    call("set", ManagedData::array({index.value(), value}));
  }
  ManagedData slice(const ManagedSlice& part) const { return call("get_slice", to_data(part)); }
  /// As many values as the slice has; a list's slice without a step takes any number.
  void set_slice(const ManagedSlice& part, const ManagedData& values) const;
  std::size_t size() const { return call("size"); }
  /// A copy of the whole.
  ManagedData all() const { return call("all"); }
  ManagedData copy() const { return all(); }

  /// A loop goes over the values as they are when it begins.
  SnapshotIterator<ManagedData> begin() const {
    return SnapshotIterator(all().get<std::vector<ManagedData>>());
  }
  static SnapshotIterator<ManagedData> end() { return {}; }

 protected:
  static ManagedData to_data(const ManagedSlice& part);
};

/// Values compare as in Python: 1 is 1.0 and true.
class ManagedList : public ManagedArray {
 public:
  using ManagedArray::ManagedArray;
  void append(const ManagedData& value) const { call("append", value); }
  /// Appends a list's values, a dict's keys, a string's characters, or bytes as numbers.
  void extend(const ManagedData& values) const { call("extend", values); }
  void extend(const ManagedArray& values) const { extend(values.all()); }
  /// Before the value at `index`; beyond the ends at the ends.
  void insert(WholeNumber index, const ManagedData& value) const {
    call("insert", ManagedData::array({index.value(), value}));
  }
  ManagedData pop(WholeNumber index = -1) const { return call("pop", index.value()); }
  /// The first that equals `value`; throws where there is none.
  void remove(const ManagedData& value) const { call("remove", value); }
  std::size_t index(const ManagedData& value) const {
    return call("index", ManagedData::array({value}));
  }
  /// The first within list[start:stop].
  std::size_t index(const ManagedData& value, WholeNumber start) const {
    return call("index", ManagedData::array({value, start.value()}));
  }
  std::size_t index(const ManagedData& value, WholeNumber start, WholeNumber stop) const {
    return call("index", ManagedData::array({value, start.value(), stop.value()}));
  }
  std::size_t count(const ManagedData& value) const { return call("count", value); }
  bool contains(const ManagedData& value) const { return call("contains", value); }
  void reverse() const { call("reverse"); }
  /// Numbers, strings, or lists of such; throws for what has no order, and the list stays. Stable.
  void sort(bool backwards = false) const { call("sort", backwards); }
  void erase(WholeNumber index) const { call("erase", index.value()); }
  void erase_slice(const ManagedSlice& part) const { call("erase_slice", to_data(part)); }
  void clear() const { call("clear"); }

  /// A copy with more, or several times: plain data, as Python's proxies give.
  ManagedData operator+(const ManagedData& more) const;
  ManagedData operator+(const ManagedArray& more) const { return *this + more.all(); }
  ManagedData operator*(WholeNumber times) const;
  /// The same in place.
  const ManagedList& operator+=(const ManagedData& more) const {
    extend(more);
    return *this;
  }
  const ManagedList& operator+=(const ManagedArray& more) const { return *this += more.all(); }
  const ManagedList& operator*=(WholeNumber times) const {
    call("repeat", times.value());
    return *this;
  }
};

}  // namespace parlab
