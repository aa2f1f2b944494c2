#include "experiments/measure/results/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

/// The kernel follows as many (path_resolution(7)).
constexpr int max_links = 40;

std::string reason(int error) { return std::generic_category().message(error); }

[[noreturn]] void refuse(const std::string& path, const std::string& why, const char* cure) {
  throw UsageError(fmt::format("cannot write {}: {}; {}", path, why, cure));
}

[[noreturn]] void refuse(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  refuse(path, reason(error),
         full ? "free some space or name another place" : "name another place");
}

/// Where a chain of symbolic links ends, whether or not there is a file.
std::string followed(const std::string& path) {
  fs::path place = path;
  std::error_code none;
  for (int links = 0; fs::is_symlink(fs::symlink_status(place, none)); ++links) {
    if (links == max_links) refuse(path, ELOOP);
    place = place.parent_path() / fs::read_symlink(place, none);  // or the link's own, if absolute
  }
  return place.string();
}

/// Whether both are the same file.
bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// The permissions of the file that stands there, or those that a new one gets.
mode_t mode_at(const std::string& path, const std::string& target) {
  struct stat there {};
  if (stat(target.c_str(), &there) == 0) {
    if (S_ISDIR(there.st_mode)) refuse(path, "it is a folder", "name a file in it");
    if (!S_ISREG(there.st_mode))
      refuse(path, "it is not a regular file", "name a file, or - for stdout");
    struct stat out {};
    if (fstat(STDOUT_FILENO, &out) == 0 && is_same(there, out))
      refuse(path, "stdout goes to the same file", "name another file, or - for stdout");
    if (access(target.c_str(), W_OK) != 0) refuse(path, errno);
    return there.st_mode & 07777;
  }
  if (errno != ENOENT && errno != ENOTDIR) refuse(path, errno);
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

/// The signals wait while it lives: between a file and the note that it is to be removed, or not.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

OutputFile::OutputFile(const std::string& path, std::size_t reserve)
    : path_(path), target_(followed(path)) {
  if (path_.empty()) throw UsageError("the name of the output file is empty; name a file");
  if (target_.ends_with('/')) refuse(path_, "it names a folder", "name a file in it");
  mode_ = mode_at(path_, target_);
  const fs::path folder = fs::path(target_).parent_path();
  std::error_code none;
  if (!folder.empty() && !fs::is_directory(folder, none))
    refuse(path_,
           fmt::format("the folder {} {}", folder.string(),
                       fs::exists(folder, none) ? "is not a folder" : "does not exist"),
           fs::exists(folder, none) ? "name another place" : "make it first");
  if (access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) refuse(path_, errno);
  // Not the file's name with more behind it, which may be too long.
  std::string beside = (folder / ".parlab-XXXXXX").string();
  {
    const SignalsHeld held;
    file_ = FileDescriptor(mkostemp(beside.data(), O_CLOEXEC));
    if (!file_) refuse(path_, errno);
    beside_.emplace(beside);
  }
  // A full disk would otherwise be noticed after the work. Not every file system can tell.
  const int error = posix_fallocate(file_.get(), 0, static_cast<off_t>(reserve));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) refuse(path_, error);
}

void OutputFile::fail(int error) const {
  throw std::system_error(error, std::generic_category(), fmt::format("cannot write {}", path_));
}

void OutputFile::write(std::string_view text) {
  off_t end = size_;
  while (!text.empty()) {
    const ssize_t written = pwrite(file_.get(), text.data(), text.size(), end);
    if (written < 0 && errno != EINTR) fail(errno);
    if (written <= 0) continue;
    text.remove_prefix(static_cast<std::size_t>(written));
    end += written;
  }
  size_ = end;
}

void OutputFile::move_to(const std::string& place) {
  if (ftruncate(file_.get(), size_) != 0 || fchmod(file_.get(), mode_) != 0 ||
      fsync(file_.get()) != 0)
    fail(errno);
  const SignalsHeld held;
  if (rename(beside_->path().c_str(), place.c_str()) != 0) fail(errno);
  beside_->leave_alone();
}

void OutputFile::publish(std::string_view rest) {
  write(rest);
  move_to(target_);
}

std::optional<std::string> OutputFile::keep_partial() noexcept {
  try {
    if (size_ == 0 || !beside_ || beside_->path().empty()) return std::nullopt;
    move_to(target_ + ".partial");
    return path_ + ".partial";
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace parlab
