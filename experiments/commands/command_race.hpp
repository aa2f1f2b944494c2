#pragma once

// A race of commands: whole programs, each run started anew. An arm is a command; the first is the
// baseline. parlab has no such experiment by name: `parlab race` makes one.

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/base/race_interruption.hpp"
#include "experiments/commands/command_run.hpp"
#include "experiments/commands/figure.hpp"
#include "experiments/commands/git_worktrees.hpp"

namespace parlab {

/// Below it, the start of a program is much of its run.
inline constexpr double short_run_seconds = 0.005;

/// One arm of a race of commands.
struct Command {
  std::string label = "";                                // unique
  std::string text = "";                                 // as the user gave it
  CommandStart start = {};                               // what is timed
  std::optional<CommandStart> setup = std::nullopt;      // runs once, before all rounds
  std::optional<CommandStart> prepare = std::nullopt;    // runs before each run
  std::optional<CommandStart> conclude = std::nullopt;   // runs after each run
  nlohmann::json parameters = nlohmann::json::object();  // by which commands of a list differ
  std::string commit = "";                               // it runs in a worktree of; "" for none
  std::string failure = "";  // why it cannot be run, known before the race
};

/// Commits that are checked out and built before the race.
struct GitBuild {
  Repository repository;
  std::string build;  // a shell command; "" for none
};

struct CommandRules {
  Figure figure = figure_named("wall");
  int warmup = 1;                    // runs before the first sample
  std::optional<int> exit_code = 0;  // that each run must end with; none: the first command's
  bool same_output = false;
  /// An empty program, started as the commands are: measured beside each run, and subtracted.
  std::optional<CommandStart> startup = std::nullopt;
  std::optional<GitBuild> git = std::nullopt;  // of the commands' commits
};

class CommandRace final : public Experiment {
 public:
  CommandRace(std::vector<Command> commands, CommandRules rules);

  /// Runs what is to be run before the race: builds, setups, and the command that others' answers are
  /// compared with. Throws Interrupted.
  void set_up(const InterruptionGuard& interruption);

  const std::vector<Command>& commands() const { return commands_; }
  const CommandRules& rules() const { return rules_; }

  std::string name() const override { return "race"; }
  std::string question() const override;
  std::string why() const override;
  void add_options(CLI::App&) override {}
  std::vector<Workload> workloads() const override;
  bool compares_methods() const override { return true; }
  std::string quantity() const override { return rules_.figure.quantity; }
  std::string subject(const Workload& workload) const override;
  std::string remark(const Workload& workload,
                     const std::vector<nlohmann::json>& rounds) const override;
  Answer expected(const Workload&) const override { return reference_; }
  bool correct(const Workload&, const Answer&, const Answer&) const override {
    return true;
  }  // run() has
  OpenedArm open(const Arm& arm) const override;
  std::vector<SuiteEntry> suite(Profile) const override { return {}; }

 private:
  void make_worktrees(const InterruptionGuard& interruption);
  const Command& command_of(const Workload& workload) const;
  /// The time that one process may take for a sample, or to get ready for it.
  std::chrono::duration<double> patience(const Command& command) const;

  std::vector<Command> commands_;
  CommandRules rules_;
  std::unique_ptr<GitWorktrees> worktrees_;
  Answer reference_;            // what each run must answer
  std::string reference_name_;  // the command whose answer that is
};

}  // namespace parlab
