#include "experiments/command_line/checkpoint/checkpoint_options.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "experiments/options/duration.hpp"
#include "experiments/options/help_table.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr char option[] = "--checkpoint";

/// What says how to race, or what to tell of a race.
constexpr const char* of_races[] = {
    "--rounds", "--until", "--budget",   "--timeout", "--isolation",          "--baseline",
    "--metric", "--pause", "--markdown", "--fail-on", "--fail-on-unresolved", "--plot"};

}  // namespace

void add_checkpoint_options(CLI::App& app, CheckpointWords& words) {
  app.add_option(
         option, words.file,
         "no race: one run, of one backend, whose finished chunks this file keeps; the same "
         "command goes on after a kill or a power cut, with the same bits (parlab status "
         "FILE tells how far it is, and so does SIGUSR1)")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.add_option("--checkpoint-every", words.every,
                 fmt::format("how often it is saved, as in 1min [{} s, or longer where that would "
                             "cost more than 1 %]",
                             default_save_interval.count()));
}

std::optional<CheckpointRequest> checkpoint_request(const CLI::App& app,
                                                    const CheckpointWords& words) {
  if (words.file.empty()) {
    if (!words.every.empty())
      throw UsageError("--checkpoint-every: nothing is kept; add --checkpoint FILE");
    return std::nullopt;
  }
  for (const char* name : of_races)
    if (const CLI::Option* given = app.get_option_no_throw(name);
        given != nullptr && given->count() > 0)
      throw UsageError(fmt::format("--checkpoint makes one run and no race: leave out {}", name));
  CheckpointRequest request{words.file, {}};
  if (!words.every.empty())
    request.interval = {parse_duration("--checkpoint-every", words.every, max_budget), true};
  return request;
}

void require_backends(const Experiment& experiment, const std::vector<std::string>& arguments) {
  if (!experiment.compares_methods()) return;
  const auto is_one = [](const std::string& word) { return word.starts_with(option); };
  if (std::ranges::any_of(arguments, is_one))
    throw UsageError(
        fmt::format("--checkpoint keeps a run on a backend, and {} takes none: it compares methods",
                    experiment.name()));
}

std::vector<Entrant> line_up_alone(const Experiment& experiment, Selection selection) {
  const auto workloads = experiment.workloads();
  if (const std::string why = experiment.why_not_in_pieces(workloads.front()); !why.empty())
    throw UsageError(fmt::format("--checkpoint: {}: {}", experiment.name(), why));
  if (workloads.size() != 1)
    throw UsageError(fmt::format(
        "--checkpoint makes one run, and {} are asked for: choose one size, variant and "
        "value of each other list",
        workloads.size()));
  if (selection.backends.size() != 1)
    throw UsageError(
        "--checkpoint makes one run on one backend: name it, as in --backend openmp:dynamic");
  if (selection.workers.size() != 1 || selection.environments.size() != 1 ||
      selection.pins.size() != 1 || selection.grains.size() + selection.chunks.size() > 1)
    throw UsageError("--checkpoint makes one run: give one value to each option");
  if (selection.grains.empty() && selection.chunks.empty())
    selection.grains = {grain_in_pieces(workloads.front())};
  selection.baseline = BaselineKind::first;
  std::vector<Entrant> entrants = line_up(experiment, selection);
  entrants.resize(1);
  return entrants;
}

}  // namespace parlab
