#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace parlab {

/// A file that appears whole or not at all: written beside its place, then renamed. What can be
/// known to fail is known when it is made, before any work is done.
class OutputFile {
 public:
  /// Makes the file beside, with `reserve` bytes of room. Throws UsageError where the folder does
  /// not exist, may not be written to or has no room, or the path is no regular file.
  explicit OutputFile(std::string path, std::size_t reserve = 1 << 20);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Removes the file beside unless publish() succeeded.
  ~OutputFile();

  /// Writes the text behind what was written before.
  void write(std::string_view text);
  /// Writes the rest and renames. Like write(), throws std::system_error, with nothing left at
  /// either place but what stood there before.
  void publish(std::string_view rest);

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  std::string beside_;
  int fd_;
  off_t size_ = 0;
};

}  // namespace parlab
