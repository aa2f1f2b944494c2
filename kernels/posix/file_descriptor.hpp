#pragma once

namespace parlab {

/// Owns a file descriptor, and closes it. Empty at first.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  /// `fd` below 0, as a failed call returns it: empty.
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { reset(); }

  /// Below 0 where it is empty.
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Gives it away, unclosed.
  int release();
  /// Closes it; keeps errno.
  void reset();

 private:
  int fd_ = -1;
};

}  // namespace parlab
