#pragma once

// What all proxies have. A proxy is a pointer to an object of a manager: copies mean the same
// object, from any thread, and in a forked child. Values are JSON in memory and CBOR on the way;
// every call is a round trip.
//
// Beyond what each method says: ManagerDied where the manager is gone, at once and also amid a call
// that waits; ManagerError for an index or key that is not there, for a value of another kind than
// the method takes, and for an object that is gone.

#include <concepts>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/sharing/manager/client/client.hpp"

namespace parlab {

using ManagedData = nlohmann::json;

/// An index or an amount, from any type of integer. A double does not compile: 1.9 would become 1
/// without a word.
class WholeNumber {
 public:
  /// Throws ManagerError beyond 2^63 - 1.
  template <std::integral T>
  constexpr WholeNumber(T value) : value_(static_cast<std::int64_t>(value)) {  // NOLINT: implicit
    if constexpr (std::unsigned_integral<T> && sizeof(T) >= sizeof(std::int64_t))
      if (value_ < 0) throw ManagerError("a number beyond 2^63 - 1");
  }
  template <std::floating_point T>
  WholeNumber(T) = delete;

  constexpr std::int64_t value() const { return value_; }

 private:
  std::int64_t value_;
};

class Proxy {
 public:
  explicit Proxy(std::shared_ptr<const ManagerClient::Held> held) : held_(std::move(held)) {}

  /// Tells another process which object this is, see ManagerClient::hold.
  std::uint64_t object() const { return held_->object(); }

  /// Any method of the object, as its type names it; none where the deadline came first.
  std::optional<ManagedData> try_call(std::string_view method, const ManagedData& arguments,
                                      Deadline deadline = {}) const;
  ManagedData call(std::string_view method, const ManagedData& arguments = nullptr) const {
    return *try_call(method, arguments);
  }

 protected:
  std::optional<std::string> call_bytes(std::string_view method, std::string_view bytes,
                                        Deadline deadline = {}) const {
    return held_->client().call(held_->object(), method, bytes, deadline);
  }
  /// For what must neither throw nor wait without end: makes the call where this thread still has
  /// a connection, and drops what it throws.
  void try_to_call(std::string_view method) const noexcept;

  const ManagerClient& client() const { return held_->client(); }

 private:
  std::shared_ptr<const ManagerClient::Held> held_;
};

/// An object of a type that was registered with the manager (ManagerTypes).
class ManagedObject : public Proxy {
 public:
  using Proxy::Proxy;
};

}  // namespace parlab
