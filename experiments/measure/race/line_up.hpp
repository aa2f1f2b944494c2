#pragma once

// Who takes part in a race: every case of an experiment on every backend, worker count and grain
// asked for, and for each group of arms a baseline that runs twice.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"

namespace parlab {

enum class BaselineKind {
  serial,      // each case against itself on the serial backend, which is added where it is missing
  first_case,  // each task against its first case on the serial backend, added where it is missing
  first,       // against the first arm of the group: for comparing backends, or variants, directly
};

/// What a user asked to be measured.
struct Selection {
  std::vector<BackendSpec> backends;
  std::vector<int> workers;
  std::vector<std::uint64_t> grains = {};  // both empty: automatic
  std::vector<std::uint64_t> chunks = {};  // the same as grains, told by the number of chunks
  BaselineKind baseline = BaselineKind::serial;
  std::vector<std::map<std::string, std::string>> environments = {{}};  // each makes an arm
  std::vector<Placement> pins = {Placement::none};                      // and so does each of these
};

enum class Role { arm, baseline, baseline_again };

struct Entrant {
  Arm arm;
  Role role = Role::arm;
  std::string label;     // short and unique in the race: "tbb:auto x2"
  std::string spoken;    // the same in a sentence: "tbb:auto on 2 workers"
  std::string group;     // entrants that answer the same question
  std::size_t baseline;  // index of the group's baseline
};

/// All entrants, group by group, the baseline and its repetition first. Throws UsageError where the
/// selection leaves nothing to run, or asks for what cannot be.
std::vector<Entrant> line_up(const Experiment& experiment, const Selection& selection);

}  // namespace parlab
