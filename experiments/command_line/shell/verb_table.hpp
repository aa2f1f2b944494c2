#pragma once

// Every verb with its options, read from the verbs themselves.

#include <string>
#include <vector>

#include "experiments/command_line/verbs.hpp"
#include "experiments/options/help_table.hpp"

namespace parlab {

/// Whether the verb takes an experiment's name first, on which its options depend.
bool takes_experiment(const Verb& verb);

/// The options of a verb; of one that takes an experiment, with that. Empty where this build lacks
/// the verb.
HelpTable table_of(const Verb& verb, const std::string& experiment = "");

/// Those that an experiment adds to the options that it shares with others.
HelpTable own_table_of(const std::string& experiment);

/// Names of the experiments that the verb takes, in the order of `parlab list`.
std::vector<std::string> experiments_of(const Verb& verb);

}  // namespace parlab
