#include "experiments/command_line/commands/command_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "experiments/base/json_text.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/shell_words.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// Of a command, as a label.
constexpr std::size_t longest_label = 40;

/// Values by the names of the lists.
using Values = std::vector<std::pair<std::string, std::string>>;

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

std::string filled_in(std::string text, const Values& values) {
  for (const auto& [name, value] : values) {
    const std::string placeholder = "{" + name + "}";
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos;
         at += value.size())
      text.replace(at, placeholder.size(), value);
  }
  return text;
}

std::vector<std::string> filled_in(std::vector<std::string> words, const Values& values) {
  for (std::string& word : words) word = filled_in(word, values);
  return words;
}

/// Every choice of one value a list, the last list's changing fastest. One choice of none without
/// lists.
std::vector<Values> choices_of(const CommandWords& words) {
  std::vector<Values> choices(1);
  for (const auto& list : words.lists) {
    const std::string &name = list.first, &text = list.second;  // clang 14 captures no bindings
    const bool is_known = std::ranges::any_of(
        choices.front(), [&](const auto& value) { return value.first == name; });
    if (name.empty() || name.find_first_of("{}") != std::string::npos || is_known)
      throw UsageError(
          fmt::format("--list: '{}' is not a name, or stands twice; write -L threads 1,2", name));
    std::string all = fmt::format("{} {} {}", words.setup, words.prepare, words.conclude);
    for (const auto& command : words.commands) all += fmt::format(" {}", fmt::join(command, " "));
    for (const std::string& variable : words.variables) all += " " + variable;
    if (all.find("{" + name + "}") == std::string::npos)
      throw UsageError(
          fmt::format("--list: no command holds {{{0}}}; write it where a value goes, as in -L {0} "
                      "{1} -- 'prog {{{0}}}'",
                      name, text));
    std::vector<Values> more;
    for (const Values& choice : choices)
      for (const std::string& value : split_list(text)) {
        more.push_back(choice);
        more.back().emplace_back(name, value);
      }
    choices = std::move(more);
  }
  return choices;
}

/// As one would type it: a command that was given in one word is that word.
std::string text_of(const std::vector<std::string>& words) {
  if (words.size() == 1) return words.front();
  std::vector<std::string> typed;
  for (const std::string& word : words) typed.push_back(shell_quoted(word));
  return fmt::format("{}", fmt::join(typed, " "));
}

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

/// NAME=VALUE sets, NAME alone unsets.
Variables variables_of(const std::vector<std::string>& words, Variables variables) {
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || word.empty())
      throw UsageError(
          fmt::format("--env: '{}' has no name; write NAME=VALUE, or NAME to unset it", word));
    variables[word.substr(0, equals)] =
        equals == std::string::npos ? std::nullopt : std::optional(word.substr(equals + 1));
  }
  return variables;
}

/// What is shown of a command that is one of several made from the same words.
std::string shown(const CommandWords& words, std::size_t number, const Values& values,
                  const Revision* revision) {
  const std::string made_from =
      number < words.names.size() ? words.names[number] : text_of(words.commands[number]);
  std::string label = filled_in(made_from, values);
  for (const auto& [name, value] : values)
    if (made_from.find("{" + name + "}") == std::string::npos)
      label += fmt::format(" {}={}", name, value);
  if (revision == nullptr) return label;
  const std::string named = revision->label();
  return words.commands.size() == 1 && words.lists.empty() && words.names.empty()
             ? named
             : named + ": " + label;
}

}  // namespace

std::vector<std::vector<std::string>> split_commands(const std::vector<std::string>& words) {
  std::vector<std::vector<std::string>> commands;
  for (const std::string& word : words) {
    if (word == "--")
      commands.emplace_back();
    else
      commands.back().push_back(word);
  }
  for (const auto& command : commands)
    if (command.empty() || command.front().find_first_not_of(" \t\n") == std::string::npos)
      throw UsageError(
          "race: a command is empty; put one behind each --, as in parlab race -- "
          "'sleep 0.1' -- 'sleep 0.105'");
  return commands;
}

bool by_shell(const CommandWords& words) {
  if (words.shell && words.no_shell)
    throw UsageError("race: --shell and --no-shell contradict each other; give one of them");
  if (words.shell || words.no_shell) return words.shell;
  for (const Values& values : choices_of(words))
    for (const auto& command : words.commands)
      if (command.size() == 1 && needs_shell(filled_in(command.front(), values))) return true;
  return false;
}

std::vector<std::string> shell_line(const std::string& text) { return {"sh", "-c", text}; }

std::vector<Command> commands_of(const CommandWords& words, const CommandStart& common) {
  if (words.names.size() > words.commands.size())
    throw UsageError(fmt::format("race: {} names (-n) for {} commands; give one a command at most",
                                 words.names.size(), words.commands.size()));
  const bool shell = by_shell(words);
  std::vector<const Revision*> revisions;
  for (const Revision& revision : words.revisions) revisions.push_back(&revision);
  if (revisions.empty()) revisions.push_back(nullptr);
  std::vector<Command> commands;
  for (std::size_t i = 0; i < words.commands.size(); ++i)
    for (const Values& values : choices_of(words))
      for (const Revision* revision : revisions) {
        const std::vector<std::string> own = filled_in(words.commands[i], values);
        Command command;
        command.text = text_of(own);
        command.label = new_label(shown(words, i, values, revision), commands);
        command.start = common;
        command.start.variables =
            variables_of(filled_in(words.variables, values), common.variables);
        const auto beside = [&](const std::string& text) {
          if (text.empty()) return std::optional<CommandStart>();
          CommandStart start = command.start;
          start.digests_output = false;
          start.may_leave_processes = true;
          start.words = shell_line(filled_in(text, values));
          return std::optional(start);
        };
        command.setup = beside(words.setup);
        command.prepare = beside(words.prepare);
        command.conclude = beside(words.conclude);
        if (shell)
          command.start.words = shell_line(command.text);
        else
          command.start.words = own.size() == 1 ? shell_words(own.front(), "race") : own;
        for (const auto& [name, value] : values) command.parameters[name] = value;
        if (revision != nullptr) command.commit = revision->commit;
        commands.push_back(std::move(command));
      }
  return commands;
}

}  // namespace parlab
