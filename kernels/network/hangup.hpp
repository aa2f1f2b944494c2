#pragma once

#include <boost/asio/signal_set.hpp>
#include <csignal>

namespace parlab {

/// Adds SIGHUP, the end of the terminal, unless the caller has the program ignore it (nohup).
inline void add_hangup(boost::asio::signal_set& signals) {
  struct sigaction action {};
  const bool is_ignored = sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  if (!is_ignored) signals.add(SIGHUP);
}

}  // namespace parlab
