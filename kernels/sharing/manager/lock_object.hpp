#pragma once

// A manager's locks. Each is held by a connection, that is by a thread of a client, and free when
// that is gone.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/sharing/manager/served_object.hpp"

namespace parlab {

/// Who holds a lock, and how often. Shared by the lock and the conditions that were made on it;
/// when it is freed, all of them look at the calls that wait.
class LockState {
 public:
  enum class Kind { plain, recursive };
  explicit LockState(Kind kind) : kind_(kind) {}

  /// Whether the last holder died with it, which is told once; none where another holds it. Throws
  /// std::logic_error where the caller holds it already, and it is plain.
  std::optional<bool> acquire(ConnectionId who);
  /// Throws std::logic_error where the caller does not hold it.
  void release(ConnectionId who);
  /// An acquire() whose answer did not arrive.
  void undo_acquire(ConnectionId who, bool abandoned);
  void connection_gone(ConnectionId who);

  bool held() const { return holder_.has_value(); }
  bool held_by(ConnectionId who) const { return holder_ == who; }
  /// For a wait on a condition: lets go, however often it is held, and returns how often.
  std::uint64_t let_go();
  /// The way back. The lock must be free.
  void take_back(ConnectionId who, std::uint64_t depth);

  void add_user(const ServedObject& user) { users_.push_back(&user); }
  void remove_user(const ServedObject& user) { std::erase(users_, &user); }

 private:
  void set_free();

  Kind kind_;
  std::optional<ConnectionId> holder_;
  std::uint64_t depth_ = 0;
  bool abandoned_ = false;  // its last holder died, and nobody was told yet
  std::vector<const ServedObject*> users_;
};

/// Anything with a lock: answers acquire, release and locked.
class LockingObject : public ServedObject {
 public:
  explicit LockingObject(std::shared_ptr<LockState> lock);
  ~LockingObject() override;

  std::optional<std::string> call(const ServedCall& call) override;
  void undelivered(const ServedCall& call, std::string& answer) override;
  void connection_gone(ConnectionId who) override;

  const std::shared_ptr<LockState>& lock() const { return lock_; }

 private:
  std::shared_ptr<LockState> lock_;
};

}  // namespace parlab
