#pragma once

// A client's side of a manager. Each thread has its own connection, made when it first calls;
// so threads never wait for each other, and a lock belongs to a thread. A process that was forked
// makes its own connections: it never speaks on its parent's.
//
// The process as a whole has a session, which lives as long as the client does. The manager counts
// by session who holds which object, and drops what the last one left, however it ended.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/deadline.hpp"
#include "kernels/sharing/manager/messages/manager_address.hpp"
#include "kernels/sharing/manager/messages/manager_errors.hpp"

namespace parlab {

struct ClientOptions {
  std::string key = {};  // as given to the manager; never sent
  /// Looks for the reply so long before it sleeps: waking up costs more than most calls, and a core
  /// is busy meanwhile.
  std::chrono::microseconds spin{0};
  /// For connecting, and beyond a call's own deadline: then a manager that lives but does not
  /// answer (stopped, say) is given up. 0 to a year.
  std::chrono::milliseconds patience{10'000};
};

class ManagerClient {
 public:
  /// Throws UsageError where nobody listens, or where what listens is not a manager of ours; and
  /// ManagerError where it refuses the key.
  static ManagerClient connect(std::string_view address, ClientOptions options = {});

  const ManagerAddress& address() const;
  /// Bytes; a longer message is refused here, before it is sent.
  std::uint64_t max_message_bytes() const;

  /// The answer of the object's method; none where the deadline came first. Throws ManagerDied, and
  /// ManagerError for what the object throws.
  std::optional<std::string> call(std::uint64_t object, std::string_view method,
                                  std::string_view arguments, Deadline deadline = {}) const;

  /// Whether this thread has a connection that still stands. Without one, what this thread held in
  /// the manager, a lock say, is free already.
  bool connected() const;

  /// A round trip that does nothing: bytes there and back.
  std::string ping(std::string_view bytes) const { return *call(0, "ping", bytes); }

  /// A share in an object of the manager. Copies share it; the manager is told when the last copy
  /// in this process is gone.
  class Held;
  std::shared_ptr<const Held> make(std::string_view type, std::string_view initial,
                                   std::string_view name) const;
  /// The object with this number, as told by another client. Throws ManagerError where it is gone.
  std::shared_ptr<const Held> hold(std::uint64_t object) const;

  class State;

 private:
  explicit ManagerClient(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class ManagerClient::Held {
 public:
  Held(ManagerClient client, std::uint64_t object);
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held();

  const ManagerClient& client() const { return client_; }
  std::uint64_t object() const { return object_; }

 private:
  ManagerClient client_;
  std::uint64_t object_;
};

}  // namespace parlab
