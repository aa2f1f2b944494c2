#pragma once

// What goes wrong between a client and its manager.

#include <stdexcept>

namespace parlab {

/// The manager refused a call or could not do it: the message is the manager's own.
class ManagerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The manager is gone: killed, shut down, or its machine cut off. All that it kept is lost.
class ManagerDied : public ManagerError {
 public:
  using ManagerError::ManagerError;
};

}  // namespace parlab
