#include "experiments/measure/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "kernels/errors.hpp"

namespace parlab {
namespace {

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

OutputFile::OutputFile(std::string path, std::size_t reserve) : path_(std::move(path)) {
  std::error_code none;
  const auto status = std::filesystem::status(path_, none);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw UsageError(fmt::format(
        "cannot write {}: it is not a regular file; name a file, or - for stdout", path_));
  const auto folder = std::filesystem::path(path_).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, none))
    throw UsageError(fmt::format("cannot write {}: the folder {} does not exist; make it first",
                                 path_, folder.string()));
  if (access(folder.empty() ? "." : folder.c_str(), W_OK) != 0 ||
      (std::filesystem::exists(status) && access(path_.c_str(), W_OK) != 0))
    throw UsageError(fmt::format("cannot write {}: {}; name another place", path_, reason()));
  beside_ = path_ + ".XXXXXX";
  fd_ = mkostemp(beside_.data(), O_CLOEXEC);
  if (fd_ < 0)
    throw UsageError(fmt::format("cannot write {}: {}; name another place", path_, reason()));
  // A full disk would otherwise be noticed after the work. Not every file system can tell.
  const int error = posix_fallocate(fd_, 0, static_cast<off_t>(reserve));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    close(fd_);
    unlink(beside_.c_str());
    throw UsageError(fmt::format("cannot write {}: {}; free some space or name another place",
                                 path_, std::generic_category().message(error)));
  }
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) close(fd_);
  if (!beside_.empty()) unlink(beside_.c_str());
}

void OutputFile::fail() const {
  throw std::system_error(errno, std::generic_category(), fmt::format("cannot write {}", path_));
}

void OutputFile::write(std::string_view text) {
  size_ += static_cast<off_t>(text.size());
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno != EINTR) fail();
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::publish(std::string_view rest) {
  write(rest);
  // The rights that a file made in the usual way would have.
  const mode_t mask = umask(0);
  umask(mask);
  if (ftruncate(fd_, size_) != 0 || fchmod(fd_, 0666 & ~mask) != 0 || fsync(fd_) != 0) fail();
  if (rename(beside_.c_str(), path_.c_str()) != 0) fail();
  beside_.clear();
}

}  // namespace parlab
