#pragma once

// `parlab run`, `parlab compare` and `parlab race`: their options, from words to a race that has been
// run.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/checkpoint/pieces.hpp"
#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/measure/results/result_file.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/ranks/rank_hosts.hpp"

namespace parlab {

enum class RaceVerb { run, compare, race };

/// Machines for ranks, and the option that names them.
struct RankPlaces {
  std::string option = "";
  std::vector<RankHost> hosts = {};  // none: this machine, or what a batch system has allotted
  int threaded = 1;                  // on a host, of backends that have threads in ranks

  /// Those of an arm.
  RankLayout layout(const BackendSpec& executor) const {
    return rank_layout(executor.workers, hosts,
                       threads_backend(executor.backend).empty() ? 0 : threaded);
  }
};

/// What the words after `parlab run`, `parlab compare` or `parlab race` ask for, all of it checked.
struct RaceRequest {
  RaceVerb verb = RaceVerb::run;
  std::string name = "";  // the record's
  std::unique_ptr<Experiment> experiment = nullptr;
  std::vector<Entrant> entrants = {};
  RaceOptions options = {};
  RankPlaces ranks = {};
  ResultWords result = {};
  std::string export_hyperfine = "";                          // path, "" for none
  std::function<void(const InterruptionGuard&)> set_up = {};  // before the first round
  std::string help = "";  // not empty: print this and run nothing
  /// One run of the first entrant, no race.
  std::optional<CheckpointRequest> checkpoint = std::nullopt;
};

/// Reads "EXPERIMENT --option value ...". Throws UsageError.
RaceRequest parse_race(RaceVerb verb, const std::vector<std::string>& arguments);

/// Where arms run on ranks and no hosts are named: on those of a batch system's job, if this is one.
/// Throws UsageError where they have too few slots.
void place_ranks(RaceRequest& request);

/// As place_ranks(), and that ranks can be started, on all their hosts (check_rank_hosts()). Returns
/// facts of the hosts, for the result file. Throws UsageError.
nlohmann::json require_ranks(RaceRequest& request);

/// Opens an entrant in its own process: as an arm of a race, or in pieces.
OpenedArm open_entrant(const RaceRequest& request, std::size_t number);

/// Makes the run that the request's checkpoint keeps; returns the exit code.
int checkpoint_command(RaceRequest request, const std::string& command);

/// Reads "--option value ... -- command -- command ...". Throws UsageError.
RaceRequest parse_commands(const std::vector<std::string>& arguments);

/// The help of `run` or `compare` without an experiment: what there is to run.
std::string race_help(RaceVerb verb);

/// The verb from its arguments to its exit code. `command` is the whole line, for the result file.
int race_command(RaceVerb verb, const std::vector<std::string>& arguments,
                 const std::string& command);

}  // namespace parlab
