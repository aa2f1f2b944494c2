#include "kernels/network/crawler/mirror/mirror_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr int open_folder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

MirrorFolder::MirrorFolder(const std::string& path) : path_(path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    throw UsageError(fmt::format("--mirror {}: {}; name another folder", path, error.message()));
  folder_ = FileDescriptor(open(path.c_str(), open_folder));
  if (!folder_)
    throw UsageError(fmt::format("--mirror {}: {}; name another folder", path,
                                 std::generic_category().message(errno)));
}

/// The folder that holds the path's file; empty, with errno, where it cannot be had.
FileDescriptor MirrorFolder::folder_of(const std::string& path, bool make) const {
  FileDescriptor at(fcntl(folder_.get(), F_DUPFD_CLOEXEC, 0));
  for (std::size_t begin = 0, end; (end = path.find('/', begin)) != std::string::npos;
       begin = end + 1) {
    const std::string part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") {
      errno = EINVAL;
      return {};
    }
    if (make && mkdirat(at.get(), part.c_str(), 0777) != 0 && errno != EEXIST) return {};
    at = FileDescriptor(openat(at.get(), part.c_str(), open_folder | O_NOFOLLOW));
    if (!at) return {};
  }
  return at;
}

std::optional<std::string> MirrorFolder::read(const std::string& path) const {
  const FileDescriptor folder = folder_of(path, false);
  if (!folder) return std::nullopt;
  const FileDescriptor file(openat(folder.get(), last_part(path).c_str(),
                                   O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (!file || fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  std::string content;
  std::array<char, std::size_t{64} << 10> some{};
  for (;;) {
    const ssize_t count = ::read(file.get(), some.data(), some.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return content;
    content.append(some.data(), static_cast<std::size_t>(count));
  }
}

void MirrorFolder::write(const std::string& path, std::string_view content) const {
  const auto fail = [&]() {
    const int error = errno;
    throw std::runtime_error(
        fmt::format("cannot write {}/{}: {}", path_, path,
                    error == ELOOP || error == ENOTDIR
                        ? "a file or a symbolic link stands in its way; remove it"
                        : std::generic_category().message(error)));
  };
  const FileDescriptor folder = folder_of(path, true);
  if (!folder) fail();
  const std::string name = last_part(path), beside(mirror_part_file);
  unlinkat(folder.get(), beside.c_str(), 0);  // of a run that was killed
  FileDescriptor file(openat(folder.get(), beside.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!file) fail();
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      unlinkat(folder.get(), beside.c_str(), 0);
      errno = error;
      fail();
    }
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  file.reset();
  if (renameat(folder.get(), beside.c_str(), folder.get(), name.c_str()) == 0) return;
  const int error = errno;
  unlinkat(folder.get(), beside.c_str(), 0);
  errno = error;
  fail();
}

bool MirrorFolder::has(const std::string& path) const {
  const FileDescriptor folder = folder_of(path, false);
  struct stat about {};
  return folder &&
         fstatat(folder.get(), last_part(path).c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(about.st_mode);
}

bool MirrorFolder::is_empty() const {
  std::error_code ignored;
  return std::filesystem::is_empty(path_, ignored);
}

}  // namespace parlab
