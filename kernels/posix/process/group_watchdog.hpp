#pragma once

#include <sys/types.h>

#include <memory>

namespace parlab {

class Watchdog;

/// A process group that is killed where this process ends without doing so itself, as by SIGKILL.
/// The group's leader may die with its parent (ChildProcess), but what the leader has started need
/// not, and where it is stopped it would stay so: the kernel continues a stopped group whose leader
/// is gone only where init is of another session, which in a container it often is not.
///
/// One process watches all groups. It lives as long as there is one of these. Where it cannot be
/// started, or is killed, nothing is watched. To be used by one thread.
class WatchedGroup {
 public:
  WatchedGroup();
  WatchedGroup(const WatchedGroup&) = delete;
  WatchedGroup& operator=(const WatchedGroup&) = delete;
  ~WatchedGroup();

  /// To be called once, where the group was made.
  void watch(pid_t group) noexcept;

 private:
  std::shared_ptr<Watchdog> watchdog_;
  pid_t group_ = 0;
};

}  // namespace parlab
