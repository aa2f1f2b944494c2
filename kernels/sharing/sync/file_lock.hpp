#pragma once

// FileLock: mutual exclusion between programs that share nothing but a file system.
//
//   FileLock lock("/tmp/count.lock");
//   { const std::lock_guard hold(lock); ... }
//
// An open file description lock: the kernel drops it when its last descriptor is closed, so with
// the death of its owner, and unlike a plain fcntl lock not with any close of the file. Children
// forked before do not share it: the file is reopened in each process.
//
// Cost: a system call each way, about a microsecond; a wait with a deadline looks again and again,
// at first after 20 microseconds, at last every 10 ms. Source: fcntl(2), F_OFD_SETLKW.

#include <sys/types.h>

#include <string>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

class FileLock {
 public:
  /// Makes the file where there is none; it is left behind. Throws std::system_error where it
  /// cannot be opened for writing.
  explicit FileLock(std::string path);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Between processes; threads that share one FileLock share its hold. False at the deadline.
  /// Throws std::logic_error where this object holds it already.
  bool acquire(Deadline deadline = {});
  /// Throws std::logic_error where this object does not hold it.
  void release();
  const std::string& path() const { return path_; }

  // As std::mutex, for std::lock_guard.
  void lock() { acquire(); }
  bool try_lock() { return acquire(std::chrono::seconds(0)); }
  void unlock() { release(); }

 private:
  void open_here();

  std::string path_;
  FileDescriptor file_;
  pid_t opened_by_ = 0;
  bool held_ = false;
};

}  // namespace parlab
