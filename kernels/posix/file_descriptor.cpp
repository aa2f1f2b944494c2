#include "kernels/posix/file_descriptor.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace parlab {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int FileDescriptor::release() { return std::exchange(fd_, -1); }

void FileDescriptor::reset() {
  if (fd_ < 0) return;
  const int error = errno;
  close(std::exchange(fd_, -1));
  errno = error;
}

}  // namespace parlab
