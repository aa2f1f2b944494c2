#pragma once

// What a report states, as it can be measured again: its sentences, each on two arms of a race.

#include <string>
#include <vector>

namespace parlab {

/// An arm as the file has it.
struct ClaimedArm {
  std::string label;
  std::string backend, schedule;
  int workers = 1;
};

/// A sentence: `arm` is faster or slower than `base`, or equivalent to it.
struct Claim {
  std::string sentence, verdict;
  ClaimedArm arm, base;
  double ratio = 1;
};

/// A race of the report, with what it states.
struct ClaimedRace {
  std::string file, name, command;
  int usable_cores = 1;
  std::vector<Claim> claims = {};
  int undecided = 0;  // sentences without a verdict, which state nothing
};

struct ClaimedReport {
  std::vector<ClaimedRace> races;
  std::vector<std::string> faults;  // "FILE: what is wrong", of files that are left out
};

/// Reads one result file, or a report: its folder, REPORT.md or REPORT.html, whose data lie beside it. Throws
/// UsageError where nothing can be read of it.
ClaimedReport read_claims(const std::string& path);

}  // namespace parlab
