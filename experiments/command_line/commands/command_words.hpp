#pragma once

// From what stands behind `parlab race` to commands: words split, lists and revisions multiplied out,
// placeholders filled in, labels made.

#include <string>
#include <utility>
#include <vector>

#include "experiments/commands/command_race.hpp"

namespace parlab {

/// What a user gave, as it was typed.
struct CommandWords {
  std::vector<std::vector<std::string>> commands;          // what stands behind each --
  std::vector<std::string> names;                          // of -n
  std::vector<std::pair<std::string, std::string>> lists;  // of -L: a name, and values with commas
  std::vector<std::string> variables;                      // of --env
  std::string setup, prepare, conclude;
  std::vector<Revision> revisions;  // of --git: empty, or each command runs in each
  bool shell = false, no_shell = false;
};

/// Splits at each "--"; throws UsageError for a command of no words.
std::vector<std::vector<std::string>> split_commands(const std::vector<std::string>& words);

/// Whether sh runs the commands: where that is asked for, or one of them needs it.
bool by_shell(const CommandWords& words);

/// sh, and the text that it runs.
std::vector<std::string> shell_line(const std::string& text);

/// All commands, in the order given, each with all values of the lists and all revisions. `common`
/// is how each is started. Throws UsageError.
std::vector<Command> commands_of(const CommandWords& words, const CommandStart& common);

}  // namespace parlab
