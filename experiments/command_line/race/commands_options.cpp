// From the words after `parlab race` to a RaceRequest: options up to the first --, then commands.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <span>

#include "experiments/base/json_text.hpp"
#include "experiments/base/shell_words.hpp"
#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/commands/command_race.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr char example[] = "parlab race -- 'sleep 0.1' -- 'sleep 0.105'";

/// Of a command, as a label.
constexpr std::size_t longest_label = 40;

using WordLists = std::vector<std::vector<std::string>>;

struct CommandWords {
  std::string metric = "wall", exit_code = "0", input, warmup = "1";
  std::string setup, prepare, conclude;
  std::vector<std::string> names;
  bool same_output = false, shell = false, no_shell = false, subtract_startup = false;
  EffortWords effort;
  ResultWords result;
};

void add_options(CLI::App& app, CommandWords& words) {
  app.add_option("--metric", words.metric,
                 "the figure that verdicts are on: wall, cpu, memory, switches or faults [wall]");
  app.add_option("-n,--name", words.names,
                 "a command's name in the table; once a command, in order")
      ->allow_extra_args(false);
  app.add_option("--exit-code", words.exit_code,
                 "that each run must end with; same: that of the first command [0]");
  app.add_flag("--same-output", words.same_output,
               "stdout must be that of the first command, byte for byte");
  app.add_option("--stdin", words.input, "the file that each run reads [/dev/null]")
      ->check(complaint_on_empty);
  app.add_option("--setup", words.setup, "a shell command, run once for each command, before all");
  app.add_option("--prepare", words.prepare, "a shell command before each run, not timed");
  app.add_option("--conclude", words.conclude, "a shell command after each run, not timed");
  app.add_option("--warmup", words.warmup,
                 "runs of each command before the first that is timed [1]");
  app.add_flag("--shell", words.shell, "sh runs every command [where one of them needs it]");
  app.add_flag("--no-shell", words.no_shell, "no command is run by sh");
  app.add_flag("--subtract-startup", words.subtract_startup,
               "subtracts the time of an empty program, started the same way beside each run");
  add_effort_options(app, words.effort,
                     {.seed = "seed of the order of commands in a round [1]",
                      .timeout = "seconds until a run counts as hung, and is killed [120]"});
  add_result_options(app, words.result);
}

/// What stands behind each --.
WordLists commands_of(std::span<const std::string> words) {
  WordLists commands;
  for (const std::string& word : words) {
    if (word == "--")
      commands.emplace_back();
    else
      commands.back().push_back(word);
  }
  for (const auto& command : commands)
    if (command.empty() || command.front().find_first_not_of(" \t\n") == std::string::npos)
      throw UsageError(
          fmt::format("race: a command is empty; put one behind each --, as in {}", example));
  return commands;
}

/// Whether a text holds what only a shell understands: its letters, quoted or not, a variable to
/// set, or a command that is built in.
bool needs_shell(const std::string& text) {
  if (text.find_first_of("|&;<>()$`*?[]~#!{}\n") != std::string::npos) return true;
  const std::string first = text.substr(0, text.find(' '));
  constexpr std::array<std::string_view, 14> built_in = {
      ":",    ".",   "cd",   "eval",   "exec",  "exit",  "export",
      "read", "set", "trap", "ulimit", "umask", "unset", "wait"};
  return first.find('=') != std::string::npos ||
         std::ranges::find(built_in, first) != built_in.end();
}

/// As one would type it: a command that was given in one word is that word.
std::string text_of(const std::vector<std::string>& words) {
  if (words.size() == 1) return words.front();
  std::vector<std::string> typed;
  for (const std::string& word : words) typed.push_back(shell_quoted(word));
  return fmt::format("{}", fmt::join(typed, " "));
}

std::vector<std::string> by_shell(const std::string& text) { return {"sh", "-c", text}; }

/// One line of letters that can be shown, short, and unlike all labels before.
std::string new_label(const std::string& text, const std::vector<Command>& commands) {
  std::string line = as_utf8(text);
  for (char& letter : line)
    if (static_cast<unsigned char>(letter) < ' ' || letter == 127) letter = ' ';
  if (line.size() > longest_label) {
    std::size_t end = longest_label - 3;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
    line = line.substr(0, end) + "...";
  }
  std::string label = line;
  for (int number = 2; std::ranges::find(commands, label, &Command::label) != commands.end();
       ++number)
    label = fmt::format("{} #{}", line, number);
  return label;
}

std::vector<Command> read_commands(const CommandWords& words, const WordLists& lists, bool shell,
                                   const CommandStart& common) {
  if (words.names.size() > lists.size())
    throw UsageError(fmt::format("race: {} names (-n) for {} commands; give one a command at most",
                                 words.names.size(), lists.size()));
  std::vector<Command> commands;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto& list = lists[i];
    Command command;
    command.text = text_of(list);
    command.start = common;
    command.start.digests_output = words.same_output;
    command.label = new_label(i < words.names.size() ? words.names[i] : command.text, commands);
    if (shell)
      command.start.words = by_shell(command.text);
    else
      command.start.words = list.size() == 1 ? shell_words(list.front(), "race") : list;
    const auto beside = [&](const std::string& text) {
      if (text.empty()) return std::optional<CommandStart>();
      CommandStart start = common;
      start.words = by_shell(text);
      return std::optional(start);
    };
    command.setup = beside(words.setup);
    command.prepare = beside(words.prepare);
    command.conclude = beside(words.conclude);
    commands.push_back(std::move(command));
  }
  return commands;
}

CommandRules rules_of(const CommandWords& words, const CommandStart& common, bool shell) {
  CommandRules rules{.figure = figure_named(words.metric), .same_output = words.same_output};
  rules.warmup = static_cast<int>(parse_quantity("--warmup", words.warmup, 1, 1000));
  rules.exit_code = std::nullopt;
  if (words.exit_code != "same")
    rules.exit_code = static_cast<int>(parse_quantity("--exit-code", words.exit_code, 0, 255));
  if (words.subtract_startup) {
    rules.startup = common;
    rules.startup->words = shell ? by_shell(":") : std::vector<std::string>{"true"};
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

}  // namespace

RaceRequest parse_commands(const std::vector<std::string>& arguments) {
  RaceRequest request{.verb = RaceVerb::race, .name = "race"};
  const auto first = std::ranges::find(arguments, "--");
  CLI::App app(
      "Races commands: whole programs, in paired rounds, with a verdict. The first is the "
      "baseline.",
      "parlab race");
  CommandWords words;
  add_options(app, words);
  app.footer(fmt::format(
      "A command of one word, in quotes, is "
      "split as a shell splits it, and run by sh where it needs one (a | b); several words are the "
      "program and its arguments.\nExample: {}",
      example));
  const std::span<const std::string> options(arguments.begin(), first);
  if (const auto help = parse_words(app, options)) {
    request.help = with_commands(*help);
    return request;
  }
  if (first == arguments.end())
    throw UsageError(
        fmt::format("race: there is no command; put each behind --, as in {}", example));
  if (words.shell && words.no_shell)
    throw UsageError("race: --shell and --no-shell contradict each other; give one of them");
  const WordLists lists = commands_of({first, arguments.end()});
  check_result_options(words.result);
  request.options = effort_of(words.effort);
  request.options.isolation = Isolation::standing;  // what is timed starts anew in each sample
  request.options.progress = progress_of(words.result);

  CommandStart common;
  common.timeout = request.options.timeout;
  if (!words.input.empty()) common.input = words.input;
  const bool shell =
      words.shell || (!words.no_shell && std::ranges::any_of(lists, [](const auto& list) {
        return list.size() == 1 && needs_shell(list.front());
      }));
  std::vector<Command> commands = read_commands(words, lists, shell, common);
  CommandRules rules = rules_of(words, common, shell);
  // The arm's own process ends a run that hangs: later than all it may be asked for at once.
  request.options.timeout_factor = 4.0 * (rules.warmup + 4);
  request.options.metric = rules.figure.metric;
  auto race = std::make_unique<CommandRace>(std::move(commands), std::move(rules));
  request.entrants = line_up(
      *race,
      {.backends = parse_backends("serial"), .workers = {1}, .baseline = BaselineKind::first});
  // The label of one alone would be that of its backend.
  for (Entrant& entrant : request.entrants) {
    entrant.spoken = entrant.arm.what.algorithm;
    entrant.label = entrant.spoken + (entrant.role == Role::baseline_again ? " again" : "");
  }
  request.set_up = [race = race.get()](const InterruptionGuard& guard) { race->set_up(guard); };
  request.experiment = std::move(race);
  request.result = words.result;
  return request;
}

}  // namespace parlab
