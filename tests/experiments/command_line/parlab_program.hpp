#pragma once

// The built program, run as a user runs it.

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace parlab {

struct Ended {
  int code;  // exit code, or 128 + signal
  std::string out;
  std::string err;
};

/// The built program.
std::filesystem::path program_path();

/// What a caller may have set up otherwise.
struct Surroundings {
  std::string out = {};  // a file that is stdout, or "closed", or "unread": a pipe whose
                         // reader has gone; "" to have it in Ended
  std::string err = {};  // the same for stderr
  std::vector<std::string> variables = {};  // NAME=value
  bool no_hangup = false;                   // ignores SIGHUP, as nohup does
  std::vector<std::string> within = {};     // a command that becomes the program behind its words
};

/// A running parlab in its own process group. Its processes, and theirs, carry a mark in their
/// environment by which they can be found.
class ParlabProgram {
 public:
  explicit ParlabProgram(const std::vector<std::string>& arguments,
                         const std::filesystem::path& folder = ".",
                         const Surroundings& around = {});
  ParlabProgram(const ParlabProgram&) = delete;
  ParlabProgram& operator=(const ParlabProgram&) = delete;
  ~ParlabProgram();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  Ended wait();

  /// Processes with the mark, other than the program itself.
  std::vector<pid_t> descendants() const;
  /// Those of them that the program itself has forked.
  std::vector<pid_t> children() const;

 private:
  pid_t pid_;
  std::string mark_;
  std::filesystem::path out_, err_;
  bool ended_ = false;
};

inline Ended run_parlab(const std::vector<std::string>& arguments,
                        const std::filesystem::path& folder = ".",
                        const Surroundings& around = {}) {
  return ParlabProgram(arguments, folder, around).wait();
}

/// A folder that is gone at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  std::vector<std::string> files() const;

 private:
  std::filesystem::path path_;
};

/// Waits for the condition to hold, which is asked every 5 ms; false where it did not in time.
bool becomes_true(const auto& condition,
                  std::chrono::milliseconds patience = std::chrono::seconds(60)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

nlohmann::json read_json(const std::filesystem::path& file);
/// Of a file that holds one value a line.
std::vector<nlohmann::json> json_lines(const std::filesystem::path& file);

}  // namespace parlab
