#include "experiments/measure/interruption.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace parlab {

InterruptionGuard::InterruptionGuard() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot watch for signals");
}

InterruptionGuard::~InterruptionGuard() {
  close(fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void InterruptionGuard::check() const {
  signalfd_siginfo info;
  if (read(fd_, &info, sizeof info) == sizeof info)
    throw Interrupted(static_cast<int>(info.ssi_signo));
}

void InterruptionGuard::restore_in_child() const {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace parlab
