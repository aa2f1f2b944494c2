#pragma once

// Errors that a user of parlab can fix (exit code 2), and failures of a run (exit code 1).

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace parlab {

/// Bad input. The message says in one line what is wrong, why, and what to do.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A chunk threw in another process: only the message could cross.
class ChunkFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A worker ended before its share was done. `chunk` is the one it was at; none: before its first.
class WorkerFailed : public std::runtime_error {
 public:
  WorkerFailed(std::optional<std::uint64_t> chunk, const std::string& cause)
      : std::runtime_error((chunk ? "a worker died in chunk " + std::to_string(*chunk)
                                  : "a worker died at its start") +
                           ": " + cause),
        chunk_(chunk),
        cause_(cause) {}
  std::optional<std::uint64_t> chunk() const { return chunk_; }
  const std::string& cause() const { return cause_; }

 private:
  std::optional<std::uint64_t> chunk_;
  std::string cause_;
};

}  // namespace parlab
