#include "kernels/network/crawler/page_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr int open_folder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
/// More than most sites write to at a time.
constexpr std::size_t max_open_folders = 32;

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

PageFolder::PageFolder(const std::string& option, const std::string& path) : path_(path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  folder_ = FileDescriptor(open(path.c_str(), open_folder));
  if (!error && !folder_) error = std::error_code(errno, std::generic_category());
  if (error)
    throw UsageError(fmt::format("{} {}: {}; name another folder", option, path, error.message()));
}

/// The folder that holds the path's file; negative, with errno, where it cannot be had. Open until the next call.
int PageFolder::folder_of(std::string_view path, bool make) const {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return folder_.get();
  path = path.substr(0, slash);
  if (const auto known = open_.find(std::string(path)); known != open_.end())
    return known->second.get();
  int at = folder_in(folder_of(path, make), path, make);
  if (at < 0 && (errno == EMFILE || errno == ENFILE) && !open_.empty()) {
    open_.clear();
    at = folder_in(folder_of(path, make), path, make);
  }
  return at;
}

/// A folder from the one above it.
int PageFolder::folder_in(int above, std::string_view path, bool make) const {
  const std::string part = last_part(path);
  if (above < 0) return -1;
  if (part.empty() || part == "." || part == "..") {
    errno = EINVAL;
    return -1;
  }
  FileDescriptor folder(openat(above, part.c_str(), open_folder | O_NOFOLLOW));
  if (!folder && errno == ENOENT && make) {
    if (mkdirat(above, part.c_str(), 0777) != 0 && errno != EEXIST) return -1;
    folder = FileDescriptor(openat(above, part.c_str(), open_folder | O_NOFOLLOW));
  }
  if (!folder) return -1;
  if (open_.size() >= max_open_folders) open_.clear();
  return open_.emplace(path, std::move(folder)).first->second.get();
}

std::optional<std::string> PageFolder::read(const std::string& path) const {
  const int folder = folder_of(path, false);
  if (folder < 0) return std::nullopt;
  const FileDescriptor file(
      openat(folder, last_part(path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (!file || fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  std::string content;
  for (std::size_t size = 0;;) {
    // One byte more than there should be tells the end.
    content.resize(std::max(static_cast<std::size_t>(about.st_size), 2 * size) + 1);
    const ssize_t count = ::read(file.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    size += static_cast<std::size_t>(count);
    if (count > 0) continue;
    content.resize(size);
    return content;
  }
}

void PageFolder::write(const std::string& path, std::string_view content, bool is_new) const {
  const int folder = folder_of(path, true);
  const std::string name = last_part(path), beside(part_file_name);
  const std::string* made = &beside;
  const auto make = [&](const std::string& as) {
    made = &as;
    return FileDescriptor(
        openat(folder, as.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  };
  const auto fail = [&](bool is_made) {
    const int error = errno;
    if (is_made) unlinkat(folder, made->c_str(), 0);
    throw std::runtime_error(
        fmt::format("cannot write {}/{}: {}", path_, path,
                    error == ELOOP || error == ENOTDIR
                        ? "a file or a symbolic link stands in its way; remove it"
                        : std::generic_category().message(error)));
  };
  if (folder < 0) fail(false);
  FileDescriptor file;
  if (is_new) file = make(name);
  if (!file) file = make(beside);
  if (!file && errno == EEXIST) {  // of a run that was killed
    unlinkat(folder, beside.c_str(), 0);
    file = make(beside);
  }
  if (!file) fail(false);
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(true);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  file.reset();
  if (made == &beside && renameat(folder, beside.c_str(), folder, name.c_str()) != 0) fail(true);
}

bool PageFolder::has(const std::string& path) const {
  const int folder = folder_of(path, false);
  struct stat about {};
  return folder >= 0 &&
         fstatat(folder, last_part(path).c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(about.st_mode);
}

bool PageFolder::is_empty() const {
  std::error_code ignored;
  return std::filesystem::is_empty(path_, ignored);
}

}  // namespace parlab
