// From the words after `parlab race` to a RaceRequest: options up to the first --, then commands.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>

#include "experiments/command_line/commands/command_words.hpp"
#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/commands/command_race.hpp"
#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/machine/processors/processor_set.hpp"

namespace parlab {
namespace {

constexpr char example[] = "parlab race -- 'sleep 0.1' -- 'sleep 0.105'";

/// As it was typed.
struct TypedOptions {
  CommandWords words;
  std::string metric = "wall", exit_code = "0", input, warmup = "1", processors, git, build;
  std::string export_hyperfine;
  bool same_output = false, subtract_startup = false;
  EffortWords effort;
  ResultWords result;
};

void add_options(CLI::App& app, TypedOptions& words) {
  app.add_option("--metric", words.metric,
                 "the figure that verdicts are on: wall, cpu, memory, switches or faults [wall]");
  app.add_option("-n,--name", words.words.names,
                 "a command's name in the table; once a command, in order")
      ->allow_extra_args(false);
  app.add_option("-L,--list", words.words.lists,
                 "a name and values with commas between them: each command runs with each value in "
                 "place of {NAME}")
      ->type_size(2)
      ->allow_extra_args(false)
      ->type_name("NAME V1,V2");
  app.add_option("--exit-code", words.exit_code,
                 "that each run must end with; same: that of the first command [0]");
  app.add_flag("--same-output", words.same_output,
               "stdout must be that of the first command, byte for byte");
  app.add_option("--stdin", words.input, "the file that each run reads [/dev/null]")
      ->check(complaint_on_empty);
  app.add_option("--env", words.words.variables,
                 "NAME=VALUE in the environment of each command; NAME alone unsets it")
      ->allow_extra_args(false);
  app.add_option("--pin", words.processors,
                 "the processors that commands run on, as in 0,2-3 [all]");
  app.add_option("--git", words.git,
                 "BASE..HEAD: each command runs in each of two commits, checked out in temporary "
                 "folders");
  app.add_option("--build", words.build,
                 "a shell command, run once in each commit of --git, before all");
  app.add_option("--setup", words.words.setup,
                 "a shell command, run once for each command, before all");
  app.add_option("--prepare", words.words.prepare, "a shell command before each run, not timed");
  app.add_option("--conclude", words.words.conclude, "a shell command after each run, not timed");
  app.add_option("--warmup", words.warmup,
                 "runs of each command before the first that is timed [1]");
  app.add_flag("--shell", words.words.shell, "sh runs every command [where one of them needs it]");
  app.add_flag("--no-shell", words.words.no_shell, "no command is run by sh");
  app.add_flag("--subtract-startup", words.subtract_startup,
               "subtracts the time of an empty program, started the same way beside each run");
  add_effort_options(app, words.effort,
                     {.seed = "seed of the order of commands in a round [1]",
                      .timeout = "seconds until a run counts as hung, and is killed [120]"});
  add_result_options(app, words.result);
  app.add_option("--export-hyperfine", words.export_hyperfine,
                 "writes the times as hyperfine's --export-json does")
      ->check(complaint_on_empty);
}

/// Numbers and ranges of processors, as in 0,2-3. Throws UsageError for one that there is not.
std::vector<int> processors_of(const std::string& text) {
  const std::vector<int> usable = processors_at_start().numbers();
  std::vector<int> processors;
  if (text.empty()) return processors;
  for (const std::string& piece : split_list(text)) {
    const std::size_t dash = piece.find('-');
    const auto number = [&](const std::string& digits) {
      return static_cast<int>(parse_quantity("--pin", digits, 0, ProcessorSet::capacity - 1));
    };
    const int first = number(piece.substr(0, dash));
    const int last = dash == std::string::npos ? first : number(piece.substr(dash + 1));
    if (last < first)
      throw UsageError(fmt::format("--pin: '{}' is an empty range; write 0-1 or 0,2", piece));
    for (int processor = first; processor <= last; ++processor) {
      if (std::ranges::find(usable, processor) == usable.end())
        throw UsageError(
            fmt::format("--pin: this program may not run on processor {}; it may on {}", processor,
                        fmt::join(usable, ",")));
      processors.push_back(processor);
    }
  }
  return processors;
}

/// A file that --setup or --prepare makes need not be there yet.
void require_input(const TypedOptions& words) {
  if (words.input.empty() || !words.words.setup.empty() || !words.words.prepare.empty()) return;
  struct stat facts {};
  if (access(words.input.c_str(), R_OK) != 0 || stat(words.input.c_str(), &facts) != 0)
    throw UsageError(fmt::format("--stdin: cannot read {}: {}", words.input,
                                 std::generic_category().message(errno)));
  if (S_ISDIR(facts.st_mode))
    throw UsageError(fmt::format("--stdin: {} is a folder; name a file", words.input));
}

CommandRules rules_of(const TypedOptions& words, const CommandStart& common, bool shell) {
  CommandRules rules{.figure = figure_named(words.metric), .same_output = words.same_output};
  rules.warmup = static_cast<int>(parse_quantity("--warmup", words.warmup, 1, 1000));
  rules.exit_code = std::nullopt;
  if (words.exit_code != "same")
    rules.exit_code = static_cast<int>(parse_quantity("--exit-code", words.exit_code, 0, 255));
  if (words.subtract_startup) {
    rules.startup = common;
    rules.startup->digests_output = false;
    rules.startup->words = shell ? shell_line(":") : std::vector<std::string>{"true"};
  }
  return rules;
}

/// The help's first lines with what comes behind the options.
std::string with_commands(std::string help) {
  constexpr std::string_view usage = "[OPTIONS]";
  if (const std::size_t place = help.find(usage); place != std::string::npos)
    help.insert(place + usage.size(), " -- A -- B [-- C ...]");
  return help;
}

/// For a race whose length nobody asked for: a difference of a few percent shows in it where a run
/// takes a tenth of a second.
constexpr std::chrono::seconds usual_patience{60};

}  // namespace

RaceRequest parse_commands(const std::vector<std::string>& arguments) {
  RaceRequest request{.verb = RaceVerb::race, .name = "race"};
  const auto first = std::ranges::find(arguments, "--");
  CLI::App app(
      "Races commands: whole programs, in paired rounds, with a verdict. The first is the "
      "baseline.",
      "parlab race");
  TypedOptions words;
  add_options(app, words);
  app.get_option("--rounds")
      ->description(fmt::format(
          "rounds, in each of which every command runs once; with --until or --budget the "
          "max [until decided, at most {}, and no more are begun after 60 s]",
          last_look));
  app.footer(
      fmt::format("A command of one word, in quotes, is split as a shell splits it, and run by sh "
                  "where it needs "
                  "one (a | b); several words are the program and its arguments.\nExample: {}",
                  example));
  if (const auto help = parse_words(app, {arguments.begin(), first})) {
    request.help = with_commands(*help);
    return request;
  }
  if (first == arguments.end())
    throw UsageError(
        fmt::format("race: there is no command; put each behind --, as in {}", example));
  words.words.commands = split_commands({first, arguments.end()});
  require_input(words);
  check_result_options(words.result);
  request.options = effort_of(words.effort);
  if (words.effort.rounds.empty() && words.effort.until.empty() && words.effort.budget.empty()) {
    request.options.until_decided = true;
    request.options.rounds = last_look;
    request.options.patience = usual_patience;
  }
  request.options.isolation = Isolation::standing;  // what is timed starts anew in each sample
  request.options.progress = progress_of(words.result);

  CommandStart common;
  common.timeout = request.options.timeout;
  common.processors = processors_of(words.processors);
  common.digests_output = words.same_output;
  if (!words.input.empty()) common.input = words.input;
  const bool shell = by_shell(words.words);
  CommandRules rules = rules_of(words, common, shell);
  if (!words.git.empty()) {
    rules.git = GitBuild{repository_here(), words.build};
    words.words.revisions = revisions_of(words.git);
    common.variables = without_git_variables();
  } else if (!words.build.empty()) {
    throw UsageError("--build: it builds the commits of --git; add that, or use --setup");
  }
  // The arm's own process ends a run that hangs: later than all it may be asked for at once.
  request.options.timeout_factor = 4.0 * (rules.warmup + 4);
  request.options.metric = rules.figure.metric;
  auto race = std::make_unique<CommandRace>(commands_of(words.words, common), std::move(rules));
  request.entrants = line_up(
      *race,
      {.backends = parse_backends("serial"), .workers = {1}, .baseline = BaselineKind::first});
  // The label of one alone would be that of its backend.
  for (Entrant& entrant : request.entrants) {
    entrant.spoken = entrant.arm.workload.algorithm;
    entrant.label = entrant.spoken + (entrant.role == Role::baseline_again ? " again" : "");
  }
  request.set_up = [race = race.get()](const InterruptionGuard& guard) { race->set_up(guard); };
  request.experiment = std::move(race);
  request.result = words.result;
  request.export_hyperfine = words.export_hyperfine;
  return request;
}

}  // namespace parlab
