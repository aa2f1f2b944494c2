#pragma once

// The file of a long run: a head that says whose it is, and two places for what the run has come to,
// which are written in turns. So a write that is cut, by a kill or a power cut, leaves the other place
// whole, and no second file is ever there. Its blocks are reserved before the first write, so that a
// full disk is told before the work. A checksum stands over each part. A lock that the kernel drops
// with its process keeps a second writer out.
//
//   head     "parlab checkpoint 1\n", length, checksum, JSON, to a multiple of 4096 bytes
//   entries  two blocks of 4096 bytes, each with the place, length and checksum of a state
//   states   two, each at a multiple of 4096 bytes
//
// Numbers are of 8 bytes, in the machine's order. A save costs one write of the state, one of a
// block, and one fdatasync.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// What a run has come to at some moment.
struct CheckpointState {
  nlohmann::json facts = nlohmann::json::object();  // at most 3 KiB as text
  std::vector<std::byte> bytes;
};

/// What stands in a file.
struct CheckpointContent {
  nlohmann::json head;                   // as CheckpointFile was given it
  std::optional<CheckpointState> state;  // the newest that is whole; none: nothing was saved yet
};

/// Reads a file that another process may be writing. Throws UsageError where it cannot be read, is
/// another program's, of another format, or damaged.
CheckpointContent read_checkpoint(const std::string& path);

/// The process that writes the file; nullopt: none does.
std::optional<pid_t> writer_of_checkpoint(const std::string& path);

class CheckpointFile {
 public:
  /// Opens the file of the run that `head` describes, or makes it, and keeps others from writing it.
  /// Its members must be those of the file, but for "command". Throws UsageError, and leaves the file
  /// as it is, where it is another run's, or cannot be written; or as read_checkpoint().
  CheckpointFile(const std::string& path, const nlohmann::json& head);
  CheckpointFile(const CheckpointFile&) = delete;
  CheckpointFile& operator=(const CheckpointFile&) = delete;
  /// A file that was made here, and in which nothing was saved, is removed.
  ~CheckpointFile();

  const std::string& path() const { return path_; }
  const nlohmann::json& head() const { return content_.head; }
  /// As it was found, then as it was saved last.
  const std::optional<CheckpointState>& state() const { return content_.state; }

  /// When it returns, the state outlasts a power cut. Throws std::system_error where it cannot be
  /// written: then the one before is whole. Its bytes must be as many each time.
  void save(CheckpointState state);

 private:
  void lock();
  void read_or_begin(const nlohmann::json& head);
  void reserve(std::uint64_t state_bytes);
  void write(const void* bytes, std::size_t count, std::uint64_t place);

  std::string path_;
  FileDescriptor file_;
  CheckpointContent content_;
  std::uint64_t entries_at_ = 0;
  std::uint64_t sequence_ = 0;             // of the newest entry
  std::optional<std::uint64_t> reserved_;  // bytes of a state
  bool is_new_ = false;
};

}  // namespace parlab
