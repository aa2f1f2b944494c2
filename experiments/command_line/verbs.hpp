#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// Words after the verb; returns the exit code, throws UsageError for what cannot be.
using Arguments = std::vector<std::string>;

/// A verb of the program.
struct Verb {
  std::string_view name;
  std::string_view operands;  // what stands behind it, for the list of verbs
  std::string_view what;      // it does, in one line
  /// Returns the exit code; throws UsageError. `command` is the whole line.
  int (*run)(const Arguments& arguments, const std::string& command);
};

/// All that a user may call, in the order of the help.
const std::vector<Verb>& verbs();

/// The verbs, a line each, and how to have the help of each.
std::string program_help();

/// Runs the verb that the first word names; without one it prints the help.
int run_verb(const Arguments& words, const std::string& command);

int arm_command(const Arguments& arguments);
int rank_command(const Arguments& arguments);
int ranks_command(const Arguments& arguments);
int rank_facts_command(const Arguments& arguments);
int advise_command(const Arguments& arguments, const std::string& command);
int list_command(const Arguments& arguments);
int random_command(const Arguments& arguments);
int suite_command(const Arguments& arguments, const std::string& command);
int diff_command(const Arguments& arguments);
int doctor_command(const Arguments& arguments);
int crawl_command(const Arguments& arguments);
int check_command(const Arguments& arguments);
int serve_command(const Arguments& arguments);
int replay_command(const Arguments& arguments, const std::string& command);
int history_command(const Arguments& arguments);
int plan_command(const Arguments& arguments, const std::string& command);
int status_command(const Arguments& arguments);
int completion_command(const Arguments& arguments);
int man_command(const Arguments& arguments);

}  // namespace parlab
