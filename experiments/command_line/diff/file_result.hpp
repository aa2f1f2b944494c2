#pragma once

// A result file as `parlab diff` reads it: parlab's own (schema parlab/1), or hyperfine's.

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace parlab {

struct FileArm {
  std::string label = {}, group = {};
  nlohmann::json identity = {};  // what it computes, and on what: the same in a reference
  nlohmann::json answer = {};
  std::string cause = {};           // why it failed; "" where it did not
  bool is_baseline = false;         // that others are compared with
  std::vector<double> values = {};  // of the figure that the file's comparisons are on, one a round
};

struct FileResult {
  std::string path;
  std::string name;     // of the race
  bool is_race = true;  // false for hyperfine's: its times are in no common rounds
  std::string metric = "seconds";
  int rounds = 0;
  double dependence = 0;
  nlohmann::json context = nlohmann::json::object();
  std::vector<FileArm> arms;             // without a baseline's second part
  std::map<std::string, double> guards;  // by group, as logarithms

  /// The arm of that label and group; null where there is none.
  const FileArm* find(const std::string& label, const std::string& group) const;
};

/// Throws UsageError, which names the file, where it cannot be read or is neither of the two.
FileResult read_result(const std::string& path);

}  // namespace parlab
