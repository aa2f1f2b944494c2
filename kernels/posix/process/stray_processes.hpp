#pragma once

// Processes that a program leaves behind when it ends. A process that adopts them can end them,
// whatever group or session they have made for themselves.

#include <chrono>
#include <string>
#include <vector>

namespace parlab {

/// From now on, processes below this one whose parent ends become its children. Returns whether the
/// kernel allowed it.
bool adopt_orphans();

/// Waits so long for all children of this process to end by themselves, then kills those that are
/// left, and what they have started; reaps all. Returns the names of those that it killed: "sleep".
/// To be called where every child that somebody still waits for has been reaped.
std::vector<std::string> end_children(std::chrono::milliseconds patience);

/// While it lives this process adopts orphans; at its end it kills them, and adopts no more.
class OrphanKeeper {
 public:
  OrphanKeeper() { adopt_orphans(); }
  OrphanKeeper(const OrphanKeeper&) = delete;
  OrphanKeeper& operator=(const OrphanKeeper&) = delete;
  ~OrphanKeeper();
};

}  // namespace parlab
