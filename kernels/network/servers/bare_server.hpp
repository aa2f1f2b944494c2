#pragma once

// The least server that Beast makes: it reads a request, answers ".", and looks at nothing. What
// wrk gets from it is what DelayServer could reach at most.

#include "kernels/network/servers/delay_server.hpp"

namespace parlab {

/// A bare server in its own process, on a free port of 127.0.0.1. It ends with this object, or
/// with the thread that made it.
class BareServerProcess {
 public:
  BareServerProcess();

  std::uint16_t port() const { return listener_.port(); }

 private:
  Listener listener_;
  ChildProcess child_;
};

}  // namespace parlab
