#include "kernels/sharing/file_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "kernels/sharing/interruption.hpp"
#include "kernels/sharing/limits.hpp"
#include "kernels/sharing/sharing_errors.hpp"

namespace parlab {
namespace {

constexpr std::chrono::microseconds shortest_nap{20};
constexpr std::chrono::microseconds longest_nap{10'000};

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

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

void FileLock::open_here() {
  const int descriptor = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    const std::system_error why = refusal("open the lock " + path_, errno);
    if (why.code().value() == EMFILE || why.code().value() == ENFILE) throw OutOfRoom(why.what());
    throw why;
  }
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = descriptor;
  opened_by_ = getpid();
  held_ = false;
}

bool FileLock::acquire(Deadline deadline) {
  if (opened_by_ != getpid()) open_here();  // what fork copied is the parent's lock
  if (held_) throw std::logic_error("this FileLock is held already: release it first");
  auto nap = shortest_nap;
  // Naps, because a blocking fcntl has no deadline.
  while (!(held_ = set_lock(descriptor_, F_WRLCK, deadline.never() ? F_OFD_SETLKW : F_OFD_SETLK))) {
    if (deadline.passed()) return false;
    usleep(static_cast<useconds_t>(nap.count()));
    nap = std::min(nap * 2, longest_nap);
  }
  return true;
}

void FileLock::release() {
  if (!held_ || opened_by_ != getpid())
    throw std::logic_error("this process does not hold the FileLock that it releases");
  set_lock(descriptor_, F_UNLCK, F_OFD_SETLK);
  held_ = false;
}

}  // namespace parlab
