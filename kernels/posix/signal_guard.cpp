#include "kernels/posix/signal_guard.hpp"

#include <pthread.h>

#include <array>
#include <atomic>

namespace parlab {
namespace {

constexpr std::array<int, 3> signals = {SIGINT, SIGTERM, SIGHUP};
std::atomic<int> pending = 0;

void note(int signal) { pending.store(signal, std::memory_order_relaxed); }

}  // namespace

InterruptionScope::InterruptionScope() {
  pending.store(0);
  struct sigaction action {};
  action.sa_handler = note;  // without SA_RESTART, so that waits return
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &action, &before_[i]);
}

InterruptionScope::~InterruptionScope() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
}

void InterruptionScope::check() {
  if (pending.load(std::memory_order_relaxed) == 0) return;
  const int signal = pending.exchange(0);
  if (signal != 0) throw Interrupted(signal);
}

void InterruptionScope::leave_to_parent() {
  pending.store(0);
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_IGN;
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = SIG_DFL;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace parlab
