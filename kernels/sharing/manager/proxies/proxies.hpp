#pragma once

// What a client sees of a manager's objects, all kinds; proxy.hpp says what they have in common.
// Where two calls must not be torn apart, hold a ManagedLock; ManagedCounter adds in one.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/sharing/manager/proxies/barrier_proxy.hpp"
#include "kernels/sharing/manager/proxies/dict_proxies.hpp"
#include "kernels/sharing/manager/proxies/list_proxies.hpp"
#include "kernels/sharing/manager/proxies/lock_proxies.hpp"
#include "kernels/sharing/manager/proxies/manager_proxy.hpp"
#include "kernels/sharing/manager/proxies/pool_proxy.hpp"
#include "kernels/sharing/manager/proxies/semaphore_proxies.hpp"

namespace parlab {

class ManagedValue : public Proxy {
 public:
  using Proxy::Proxy;
  ManagedData get() const { return call("get"); }
  void set(const ManagedData& value) const { call("set", value); }
  /// The same without JSON on the way, for what is bytes.
  std::string get_bytes() const { return *call_bytes("get", {}); }
  void set_bytes(std::string_view bytes) const { call_bytes("set", bytes); }
};

class ManagedCounter : public Proxy {
 public:
  using Proxy::Proxy;
  std::int64_t get() const { return call("get"); }
  /// The count afterwards. Atomic. Wraps beyond 2^63.
  std::int64_t add(WholeNumber more) const { return call("add", more.value()); }
};

/// First in, first out, for any number of producers and consumers. A get or put that waits keeps
/// nobody else waiting.
class ManagedQueue : public Proxy {
 public:
  using Proxy::Proxy;
  /// False where it stayed full until the deadline.
  bool put(const ManagedData& item, Deadline deadline = {}) const {
    return try_call("put", item, deadline).has_value();
  }
  std::optional<ManagedData> get(Deadline deadline = {}) const {
    return try_call("get", nullptr, deadline);
  }
  bool put_bytes(std::string_view item, Deadline deadline = {}) const {
    return call_bytes("put", item, deadline).has_value();
  }
  std::optional<std::string> get_bytes(Deadline deadline = {}) const {
    return call_bytes("get", {}, deadline);
  }
  /// Many in one round trip: all or none.
  bool put_many(const std::vector<std::string>& items, Deadline deadline = {}) const;
  /// From one to `most` items; empty after the deadline.
  std::vector<std::string> get_many(WholeNumber most, Deadline deadline = {}) const;
  std::size_t size() const { return call("size"); }
};

class ManagedEvent : public Proxy {
 public:
  using Proxy::Proxy;
  void set() const { call_bytes("set", {}); }
  void clear() const { call_bytes("clear", {}); }
  bool is_set() const { return call("is_set"); }
  /// False where it was not set by the deadline.
  bool wait(Deadline deadline = {}) const { return call_bytes("wait", {}, deadline).has_value(); }
};

}  // namespace parlab
