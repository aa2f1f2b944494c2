#include "kernels/posix/process/group_watchdog.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <system_error>

#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/sockets.hpp"
#include "kernels/posix/start_thread.hpp"

namespace parlab {
namespace {

/// All but two: their ends elsewhere are to be seen by those who wait for them.
void close_all_but(int one, int other) {
  const auto [first, second] =
      std::minmax(static_cast<unsigned>(one), static_cast<unsigned>(other));
  if (first > 0) syscall(SYS_close_range, 0, first - 1, 0);
  if (second > first + 1) syscall(SYS_close_range, first + 1, second - 1, 0);
  syscall(SYS_close_range, second + 1, ~0U, 0);
}

/// Reads which groups there are (a number; its negative: no more) until the process has ended.
[[noreturn]] void watch_over(int process, int messages) {
  std::set<pid_t> groups;
  std::array<pollfd, 2> watched = {{{messages, POLLIN, 0}, {process, POLLIN, 0}}};
  while (watched[1].revents == 0) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) _exit(1);
    for (pid_t group = 0; recv(messages, &group, sizeof group, MSG_DONTWAIT) == sizeof group;)
      if (group > 0)
        groups.insert(group);
      else
        groups.erase(-group);
  }
  for (const pid_t group : groups) kill(-group, SIGKILL);
  _exit(0);
}

}  // namespace

class Watchdog {
 public:
  Watchdog()
      : self_(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0))),
        sockets_(make_socket_pair(SOCK_SEQPACKET, "watch processes")),
        // In its own group, so that what a terminal sends to ours does not reach it.
        process_(ChildProcess::fork([this] { watch(); }, ProcessGroup::own)) {
    sockets_.there.reset();
    self_.reset();
  }

  bool is_of_this_process() const { return owner_ == getpid(); }
  void tell(pid_t group) const noexcept {
    send(sockets_.here.get(), &group, sizeof group, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

 private:
  void watch() const {
    if (!self_) return;
    block_all_signals();
    prctl(PR_SET_PDEATHSIG, 0);  // it outlives its parent, though not by much
    prctl(PR_SET_NAME, "parlab-watchdog");
    close_all_but(self_.get(), sockets_.there.get());
    watch_over(self_.get(), sockets_.there.get());
  }

  const pid_t owner_ = getpid();
  FileDescriptor self_;
  SocketPair sockets_;
  ChildProcess process_;
};

namespace {

std::shared_ptr<Watchdog> watchdog_of_this_process() {
  static std::weak_ptr<Watchdog> current;
  std::shared_ptr<Watchdog> watchdog = current.lock();
  if (watchdog && watchdog->is_of_this_process()) return watchdog;
  try {
    watchdog = std::make_shared<Watchdog>();
  } catch (const std::system_error&) {  // no process or descriptor is left: the group may need it
    return nullptr;
  }
  current = watchdog;
  return watchdog;
}

}  // namespace

WatchedGroup::WatchedGroup() : watchdog_(watchdog_of_this_process()) {}

WatchedGroup::~WatchedGroup() {
  if (watchdog_ && group_ != 0) watchdog_->tell(-group_);
}

void WatchedGroup::watch(pid_t group) noexcept {
  group_ = group;
  if (watchdog_) watchdog_->tell(group);
}

}  // namespace parlab
