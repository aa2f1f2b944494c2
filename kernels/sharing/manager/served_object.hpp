#pragma once

// What lives in a manager's process: an object that answers calls. One thread serves them all, so
// no two calls meet; a call that cannot be answered yet waits without holding anybody up.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace parlab {

using ConnectionId = std::uint64_t;

struct ServedCall {
  ConnectionId who;
  std::string_view method;
  std::string_view arguments;  // CBOR
};

class ServedObject {
 public:
  virtual ~ServedObject() = default;

  /// The answer, as CBOR; none where it has to wait, then the call is made again after each other
  /// call that this object answered. What it throws reaches the caller as a message.
  virtual std::optional<std::string> call(const ServedCall& call) = 0;
  /// The client of an answered call died before the answer left: what it took goes back.
  virtual void undelivered(const ServedCall&, std::string&) {}
  /// A client is gone: whatever it held is free.
  virtual void connection_gone(ConnectionId) {}

 protected:
  [[noreturn]] static void unknown(const ServedCall& call);
};

using ServedFactory = std::function<std::unique_ptr<ServedObject>(std::string_view arguments)>;
using ServedTypes = std::map<std::string, ServedFactory>;

/// Value, Array, Namespace, list, dict and Counter.
void add_data_types(ServedTypes& types);
/// Queue, Lock and Event.
void add_waiting_types(ServedTypes& types);

}  // namespace parlab
