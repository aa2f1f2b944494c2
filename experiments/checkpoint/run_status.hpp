#pragma once

// How far a long run is: what its file says of it, and how that is told.

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "experiments/base/experiment.hpp"
#include "experiments/checkpoint/checkpoint_file.hpp"

namespace parlab {

/// What stands beside a state in the file.
struct RunFacts {
  std::uint64_t chunks = 0, done = 0;
  double seconds = 0;  // wall clock, of all parlabs that have worked on it
  double rate = 0;     // chunks a second, of late
  int runs = 0;        // parlabs that have worked on it
  std::string backend;
  int workers = 1;
  double saved_at = 0;  // seconds since 1970; 0: nothing is saved yet
  bool is_complete = false;
  Answer answer = nullptr;  // of a run that is complete, where it is short

  nlohmann::json json() const;
  /// Of what json() made. Throws std::runtime_error for anything else.
  static RunFacts of(const nlohmann::json& json);
};

/// The head of a run's file, by which another command is refused.
nlohmann::json checkpoint_head(const Experiment& experiment, const Arm& arm,
                               const std::string& command);

struct RunStatus {
  std::string file;
  nlohmann::json head;
  RunFacts facts;
  std::optional<pid_t> writer;

  double fraction() const;
  /// Indices a second, of late, where a chunk is a part of the size; else nothing.
  std::optional<double> rate() const;
  std::optional<double> seconds_left() const;
  /// "42.1 % done, 9.1e+08 numbers/s"
  std::string progress() const;
  /// For people: some lines.
  std::string text() const;
  /// For programs.
  nlohmann::json json() const;
};

/// Of a file, from beside. Throws UsageError as read_checkpoint().
RunStatus run_status(const std::string& file);

}  // namespace parlab
