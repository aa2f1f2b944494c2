#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "experiments/measure/interruption.hpp"

namespace parlab {

/// A file that appears whole or not at all: written beside its place, then renamed. What can be
/// known to fail is known when it is made, before any work is done. A symbolic link is followed; an
/// existing file keeps its permissions.
class OutputFile {
 public:
  /// Makes the file beside, with `reserve` bytes of room. Throws UsageError where the path is
  /// empty, a folder or no regular file, its folder does not exist, may not be written to or has no
  /// room.
  explicit OutputFile(const std::string& path, std::size_t reserve = 1 << 20);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Removes the file beside unless publish() or keep_partial() succeeded; so does an interruption.
  ~OutputFile();

  /// Writes the text behind what was written before.
  void write(std::string_view text);
  /// Writes the rest and renames. Like write(), throws std::system_error; then what stood at the
  /// path before still stands there.
  void publish(std::string_view rest);

  /// After a failure: whole texts of write() become a file beside, path + ".partial". Returns its
  /// path; nothing where there is no such text, or no file could be made.
  std::optional<std::string> keep_partial() noexcept;

 private:
  [[noreturn]] void fail(int error) const;
  void move_to(const std::string& place);

  std::string path_;    // as the user named it
  std::string target_;  // where that leads to
  std::optional<RemovedOnInterruption> beside_;
  int fd_ = -1;
  mode_t mode_;
  off_t size_ = 0;  // of whole texts
};

}  // namespace parlab
