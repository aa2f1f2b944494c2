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
#include <utility>

namespace parlab {

using ConnectionId = std::uint64_t;

struct ServedCall {
  ConnectionId who;
  std::string_view method;
  std::string_view arguments;  // CBOR
};

class ServedObject {
 public:
  ServedObject() = default;
  ServedObject(const ServedObject&) = delete;
  ServedObject& operator=(const ServedObject&) = delete;
  virtual ~ServedObject() = default;

  /// The answer, as CBOR; none where it has to wait, then the call is made again after each other
  /// call that this object answered, and after changed(). What it throws reaches the caller as a
  /// message.
  virtual std::optional<std::string> call(const ServedCall& call) = 0;
  /// A call that waited was given up at its deadline.
  virtual void timed_out(const ServedCall&) {}
  /// The client of an answered call died before the answer left: what it took goes back.
  virtual void undelivered(const ServedCall&, std::string&) {}
  /// A client is gone: whatever it held is free.
  virtual void connection_gone(ConnectionId) {}

  /// The manager's process ends: what would outlive it ends too.
  virtual void manager_ends() {}

  /// By whoever keeps the object: `wake` sees to it that the calls which wait are made again.
  void on_change(std::function<void()> wake) { wake_ = std::move(wake); }
  /// Calls that wait may get further now, though this object has answered none.
  void changed() const {
    if (wake_) wake_();
  }

 protected:
  [[noreturn]] static void unknown(const ServedCall& call);

 private:
  std::function<void()> wake_;
};

/// What an object may ask of the manager that keeps it, for as long as it is kept.
class ServedHost {
 public:
  virtual ~ServedHost() = default;
  /// Another object. Throws std::invalid_argument where there is none of that number.
  virtual ServedObject& object(std::uint64_t number) = 0;
  /// Calls ready(events of epoll) whenever `fd` can be read, until unwatch().
  virtual void watch(int fd, std::function<void(std::uint32_t)> ready) = 0;
  /// Whether ready() is called also when `fd` can be written.
  virtual void watch_out(int fd, bool also_out) = 0;
  virtual void unwatch(int fd) = 0;
};

using ServedFactory =
    std::function<std::unique_ptr<ServedObject>(std::string_view arguments, ServedHost& host)>;
using ServedTypes = std::map<std::string, ServedFactory>;

/// Value and Counter.
void add_data_types(ServedTypes& types);
/// list and Array.
void add_list_types(ServedTypes& types);
/// dict and Namespace.
void add_dict_types(ServedTypes& types);
/// Queue and Event.
void add_waiting_types(ServedTypes& types);
/// Lock and RLock.
void add_lock_types(ServedTypes& types);
void add_condition_type(ServedTypes& types);
/// Semaphore and BoundedSemaphore.
void add_semaphore_types(ServedTypes& types);
void add_barrier_type(ServedTypes& types);

}  // namespace parlab
