#include "kernels/sharing/sync/file_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "kernels/base/limits.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/signal_guard.hpp"

namespace parlab {
namespace {

constexpr std::chrono::microseconds min_nap{20};
constexpr std::chrono::microseconds max_nap{10'000};

bool set_lock(int descriptor, short kind, int command) {
  struct flock how {};
  how.l_type = kind;
  how.l_whence = SEEK_SET;  // from 0 to the end: the whole file
  while (fcntl(descriptor, command, &how) < 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "cannot lock a file");
    InterruptionScope::check();
  }
  return true;
}

}  // namespace

FileLock::FileLock(std::string path) : path_(std::move(path)) { open_here(); }

void FileLock::open_here() {
  FileDescriptor file(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file) {
    const std::system_error why = refusal("open the lock " + path_, errno);
    if (why.code().value() == EMFILE || why.code().value() == ENFILE) throw OutOfRoom(why.what());
    throw why;
  }
  file_ = std::move(file);
  opened_by_ = getpid();
  held_ = false;
}

bool FileLock::acquire(Deadline deadline) {
  if (opened_by_ != getpid()) open_here();  // what fork copied is the parent's lock
  if (held_) throw std::logic_error("this FileLock is held already: release it first");
  auto nap = min_nap;
  // Naps, because a blocking fcntl has no deadline.
  while (!(held_ = set_lock(file_.get(), F_WRLCK, deadline.never() ? F_OFD_SETLKW : F_OFD_SETLK))) {
    if (deadline.passed()) return false;
    usleep(static_cast<useconds_t>(nap.count()));
    nap = std::min(nap * 2, max_nap);
  }
  return true;
}

void FileLock::release() {
  if (!held_ || opened_by_ != getpid())
    throw std::logic_error("this process does not hold the FileLock that it releases");
  set_lock(file_.get(), F_UNLCK, F_OFD_SETLK);
  held_ = false;
}

}  // namespace parlab
