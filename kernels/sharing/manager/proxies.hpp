#pragma once

// What a client sees of a manager's objects. A proxy is a pointer: copies mean the same object,
// from any thread, and in a forked child. Values are JSON in memory and CBOR on the way; every call
// is a round trip. Where two calls must not be torn apart, hold a ManagedLock; ManagedCounter adds
// in one.
//
// Beyond what each method says: ManagerDied where the manager is gone, at once and also amid a call
// that waits; ManagerError for an index or key that is not there, and for an object that is gone.

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/sharing/manager/client.hpp"

namespace parlab {

using ManagedData = nlohmann::json;

class Proxy {
 public:
  explicit Proxy(std::shared_ptr<const ManagerClient::Held> held) : held_(std::move(held)) {}

  /// Tells another process which object this is, see ManagerClient::hold.
  std::uint64_t object() const { return held_->object(); }

  /// Any method of the object, as its type names it; none where the timeout came first.
  std::optional<ManagedData> try_call(std::string_view method, const ManagedData& arguments,
                                      CallTimeout timeout) const;
  ManagedData call(std::string_view method, const ManagedData& arguments = nullptr) const {
    return *try_call(method, arguments, std::nullopt);
  }

 protected:
  std::optional<std::string> call_bytes(std::string_view method, std::string_view bytes,
                                        CallTimeout timeout = {}) const {
    return held_->client().call(held_->object(), method, bytes, timeout);
  }

 private:
  std::shared_ptr<const ManagerClient::Held> held_;
};

/// An object of a type that was registered with the manager (ManagerTypes).
class ManagedObject : public Proxy {
 public:
  using Proxy::Proxy;
};

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
  /// The count afterwards. Atomic.
  std::int64_t add(std::int64_t more) const { return call("add", more); }
};

/// A list of a size that stays. Indices below 0 count from the end.
class ManagedArray : public Proxy {
 public:
  using Proxy::Proxy;
  ManagedData get(std::int64_t index) const { return call("get", index); }
  void set(std::int64_t index, const ManagedData& value) const { call("set", {index, value}); }
  std::size_t size() const { return call("size"); }
  ManagedData all() const { return call("all"); }
};

class ManagedList : public ManagedArray {
 public:
  using ManagedArray::ManagedArray;
  void append(const ManagedData& value) const { call("append", value); }
  /// Appends the values of an array in one call.
  void extend(const ManagedData& values) const { call("extend", values); }
  ManagedData pop(std::int64_t index = -1) const { return call("pop", index); }
};

class ManagedDict : public Proxy {
 public:
  using Proxy::Proxy;
  ManagedData get(const std::string& key) const { return call("get", key); }
  void set(const std::string& key, const ManagedData& value) const { update({{key, value}}); }
  /// Sets all entries of an object in one call.
  void update(const ManagedData& entries) const { call("update", entries); }
  bool contains(const std::string& key) const { return call("contains", key); }
  /// Whether there was one.
  bool erase(const std::string& key) const { return call("erase", key); }
  ManagedData pop(const std::string& key) const { return call("pop", key); }
  std::size_t size() const { return call("size"); }
  ManagedData all() const { return call("all"); }
};

/// Named values of any kind.
class ManagedNamespace : public ManagedDict {
 public:
  using ManagedDict::ManagedDict;
};

/// First in, first out, for any number of producers and consumers. A get or put that waits keeps
/// nobody else waiting.
class ManagedQueue : public Proxy {
 public:
  using Proxy::Proxy;
  /// False where it stayed full until the timeout.
  bool put(const ManagedData& item, CallTimeout timeout = {}) const {
    return try_call("put", item, timeout).has_value();
  }
  std::optional<ManagedData> get(CallTimeout timeout = {}) const {
    return try_call("get", nullptr, timeout);
  }
  bool put_bytes(std::string_view item, CallTimeout timeout = {}) const {
    return call_bytes("put", item, timeout).has_value();
  }
  std::optional<std::string> get_bytes(CallTimeout timeout = {}) const {
    return call_bytes("get", {}, timeout);
  }
  /// Many in one round trip: all or none.
  bool put_many(const std::vector<std::string>& items, CallTimeout timeout = {}) const;
  /// From one to `most` items; empty after the timeout.
  std::vector<std::string> get_many(std::size_t most, CallTimeout timeout = {}) const;
  std::size_t size() const { return call("size"); }
};

enum class Acquired {
  no,         // the timeout came first
  clean,      // yes
  abandoned,  // yes, and whoever held it last died with it: mend what it guards
};

/// Belongs to the thread that acquired it. Where that thread or its process ends, the manager frees
/// the lock and tells the next holder.
class ManagedLock : public Proxy {
 public:
  using Proxy::Proxy;
  Acquired acquire(CallTimeout timeout = {}) const;
  void release() const { call("release"); }
  bool locked() const { return call("locked"); }
  /// As std::scoped_lock asks for it.
  void lock() const { acquire(); }
  void unlock() const { release(); }
};

class ManagedEvent : public Proxy {
 public:
  using Proxy::Proxy;
  void set() const { call_bytes("set", {}); }
  void clear() const { call_bytes("clear", {}); }
  bool is_set() const { return call("is_set"); }
  /// False where it was not set within the timeout.
  bool wait(CallTimeout timeout = {}) const { return call_bytes("wait", {}, timeout).has_value(); }
};

}  // namespace parlab
