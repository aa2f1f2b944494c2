#include "experiments/own_kernel/making_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

constexpr char making_prefix[] = "making.";

FileDescriptor opened(const fs::path& folder) {
  return FileDescriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// Whether the folder that was opened is still the one of this name.
bool is_there(const FileDescriptor& folder, const fs::path& path) {
  struct stat ours {};
  struct stat there {};
  return folder && fstat(folder.get(), &ours) == 0 && stat(path.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino;
}

/// Removes what those left who were killed. Nobody holds a lock on it.
void remove_abandoned(const fs::path& parent) {
  std::error_code error;
  std::vector<fs::path> made;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error))
    if (is_being_made(entry.path())) made.push_back(entry.path());
  for (const fs::path& path : made) {
    const FileDescriptor folder = opened(path);
    if (folder && flock(folder.get(), LOCK_EX | LOCK_NB) == 0) fs::remove_all(path, error);
  }
}

}  // namespace

bool is_being_made(const fs::path& path) {
  return path.filename().string().starts_with(making_prefix);
}

MakingFolder::MakingFolder(const fs::path& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  remove_abandoned(parent);
  // Until it is locked, another process may take a new one for abandoned. Where the file system has
  // no locks, none can.
  bool removed = true;
  while (removed) {
    std::string name = (parent / making_prefix).string() + "XXXXXX";
    if (mkdtemp(name.data()) == nullptr)
      throw UsageError(
          fmt::format("--kernel: cannot write to {}: {}; set XDG_CACHE_HOME to a "
                      "folder that may be written",
                      parent.string(), std::generic_category().message(errno)));
    path_ = name;
    lock_ = opened(path_);
    if (!lock_ && errno == ENOENT) continue;
    if (!lock_) return;  // no descriptor is left; what follows will say so
    const bool taken = flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    removed = taken || !is_there(lock_, path_);
  }
}

MakingFolder::~MakingFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

}  // namespace parlab
