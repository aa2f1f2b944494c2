#include "kernels/sharing/manager/manager.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "kernels/base/errors.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"
#include "kernels/sharing/manager/pool/pool_object.hpp"
#include "kernels/sharing/manager/server/server.hpp"

namespace parlab {
namespace {

/// Then a manager that did not end by itself is killed.
constexpr std::chrono::seconds max_shutdown_time{2};

constexpr std::size_t min_key = 16;  // bytes; shorter ones can be guessed

/// In the manager's process. Keeps nothing of the parent's but its listener and the standard
/// streams: a copy of a pipe's end would keep others from seeing it closed.
void serve(FileDescriptor listener, FileDescriptor parent, const ServerSettings& settings,
           const ServedTypes& types) {
  // The parent's process, not its thread, is what this one ends with.
  prctl(PR_SET_PDEATHSIG, 0);
  prctl(PR_SET_NAME, "parlab-manager");
  for (const int number : {SIGINT, SIGHUP}) signal(number, SIG_IGN);  // the parent's to handle
  signal(SIGCHLD, SIG_DFL);  // or the ends of pools' workers would not be told
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);  // the server reads it from a descriptor
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  constexpr int first_kept = 3;
  dup2(listener.release(), first_kept);
  dup2(parent.release(), first_kept + 1);
  syscall(SYS_close_range, first_kept + 2, ~0U, 0);
  // Never destroyed: freeing all that it keeps would take longer than to end.
  auto* server = new ManagerServer(FileDescriptor(first_kept), first_kept + 1, settings, types);
  server->run();
}

}  // namespace

ManagerTypes::ManagerTypes() {
  for (const auto add : {add_data_types, add_list_types, add_dict_types, add_waiting_types,
                         add_lock_types, add_condition_type, add_semaphore_types, add_barrier_type})
    add(types_);
}

Manager::Manager(const ManagerOptions& options) {
  address_ = options.address.empty() ? ManagerAddress::private_one()
                                     : ManagerAddress::parse(options.address);
  if (address_.tcp() && options.key.empty())
    throw UsageError(
        "a manager over tls or tcp needs a key: whoever reaches the port could use it");
  if (!options.key.empty() && options.key.size() < min_key)
    throw UsageError(fmt::format("a manager's key has at least {} bytes", min_key));
  if (!options.key.empty() && !keys_supported())
    throw UsageError("a manager's key needs OpenSSL: install libssl-dev, then make build");
  ServerSettings settings{
      .key = options.key, .max_message_bytes = options.max_message_bytes, .spin = options.spin};
  if (address_.tls()) settings.tls = TlsContext::with_key(TlsSide::server, options.key);
  FileDescriptor listener = address_.listen();
  // Above what serve() moves the two to, so that neither overwrites the other.
  const auto moved_up = [](int fd) { return FileDescriptor(fcntl(fd, F_DUPFD_CLOEXEC, 16)); };
  FileDescriptor high = moved_up(listener.get());
  const FileDescriptor self(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  FileDescriptor parent = moved_up(self.get());
  if (!high || !parent) {
    address_.unlink();
    throw std::system_error(errno, std::generic_category(), "cannot start a manager");
  }
  ServedTypes types = options.types.served();
  add_pool_types(types, options.functions.table());
  try {
    process_.emplace(
        ChildProcess::fork([&] { serve(std::move(high), std::move(parent), settings, types); }));
    client_ = ManagerClient::connect(address(), {.key = options.key, .spin = options.spin});
  } catch (...) {
    address_.unlink();
    throw;
  }
}

void Manager::shutdown() {
  if (!process_) return;
  // So that it ends the workers of its pools first, and reaps them.
  process_->signal(SIGTERM);
  process_->signal(SIGCONT);
  const Deadline in_time(max_shutdown_time);
  pollfd ended{process_->ended_fd(), POLLIN, 0};
  while (poll(&ended, 1, in_time.poll_milliseconds()) <= 0 && !in_time.passed()) {
  }
  process_->signal(SIGKILL);
  process_->wait();
  address_.unlink();
}

}  // namespace parlab
