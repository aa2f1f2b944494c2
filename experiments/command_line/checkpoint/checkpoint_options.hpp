#pragma once

// The options of `parlab run` that make one long run of it, in place of a race.

#include <optional>
#include <string>
#include <vector>

#include "experiments/checkpoint/pieces.hpp"
#include "experiments/measure/race/line_up.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace parlab {

struct CheckpointWords {
  std::string file, every;
};

void add_checkpoint_options(CLI::App& app, CheckpointWords& words);

/// What they ask for; nothing where they were not given. Throws UsageError, also for options of `app` that
/// were given and are of races only.
std::optional<CheckpointRequest> checkpoint_request(const CLI::App& app,
                                                    const CheckpointWords& words);

/// Throws UsageError where an experiment that takes no backends is to be kept.
void require_backends(const Experiment& experiment, const std::vector<std::string>& arguments);

/// The one arm of the selection, with its grain. Throws UsageError where there are several, or where its
/// run cannot be made in pieces.
std::vector<Entrant> line_up_alone(const Experiment& experiment, Selection selection);

}  // namespace parlab
