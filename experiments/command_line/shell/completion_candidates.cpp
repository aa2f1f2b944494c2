#include "experiments/command_line/shell/completion_candidates.hpp"

#include <algorithm>

#include "experiments/base/experiment.hpp"
#include "experiments/command_line/shell/verb_table.hpp"
#include "experiments/measure/race/metric.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

/// Text for one line beside a word.
std::string first_clause(const std::string& text) {
  return text.substr(0, text.find_first_of(";\n["));
}

std::vector<Candidate> backend_candidates(bool with_groups) {
  std::vector<Candidate> found;
  if (with_groups) {
    found.push_back({"each", "every backend by its default schedule"});
    found.push_back({"all", "every schedule of every backend"});
  }
  for (const BackendEntry& entry : backends()) {
    found.push_back({entry.name, entry.what});
    for (const auto& schedule : entry.schedules)
      found.push_back({std::string(entry.name) + ":" + std::string(schedule), entry.what});
  }
  return found;
}

std::vector<Candidate> option_candidates(const HelpTable& table) {
  std::vector<Candidate> found;
  for (const HelpOption& option : table.options)
    if (!option.is_positional()) found.push_back({option.names.back(), first_clause(option.what)});
  return found;
}

const HelpOption* option_named(const HelpTable& table, const std::string& name) {
  for (const HelpOption& option : table.options)
    if (std::ranges::find(option.names, name) != option.names.end()) return &option;
  return nullptr;
}

std::vector<Candidate> value_candidates(const Verb& verb, const HelpOption& option) {
  const std::string& name = option.names.back();
  if (name == "--backend") return backend_candidates(verb.name == "run");
  std::vector<Candidate> found;
  if (name == "--metric" && takes_experiment(verb))
    for (const RaceFigure& figure : race_figures()) found.push_back({figure.name, figure.what});
  for (const std::string& value : option.values)
    if (value != file_type) found.push_back({value, ""});
  return found;
}

/// Those that the word begins. Of a list (A,B) its last piece is completed, of --name=value the value.
std::vector<Candidate> fitting(std::vector<Candidate> all, const std::string& word,
                               const std::string& kept) {
  const std::string begun = word.substr(kept.size());
  std::erase_if(all, [&](const Candidate& one) { return !one.word.starts_with(begun); });
  for (Candidate& one : all) one.word.insert(0, kept);
  return all;
}

/// What of a value stands before its last piece.
std::string pieces_before(const std::string& word, std::size_t from) {
  const std::size_t comma = word.rfind(',');
  return comma == std::string::npos || comma < from ? word.substr(0, from)
                                                    : word.substr(0, comma + 1);
}

}  // namespace

std::vector<Candidate> completion_candidates(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const std::string& word = words.back();
  if (words.size() == 1) {
    std::vector<Candidate> all;
    for (const Verb& verb : verbs())
      all.push_back({std::string(verb.name), std::string(verb.what)});
    all.push_back({"--help", ""});
    all.push_back({"--version", ""});
    return fitting(std::move(all), word, "");
  }
  const Verb* verb = find_entry(verbs(), words[0]);
  // Behind -- stand other programs' words.
  if (verb == nullptr || std::find(words.begin(), words.end() - 1, "--") != words.end() - 1)
    return {};
  const std::vector<std::string> experiments = experiments_of(*verb);
  if (takes_experiment(*verb) && words.size() == 2) {
    std::vector<Candidate> all;
    for (const auto& experiment : make_experiments())
      if (std::ranges::find(experiments, experiment->name()) != experiments.end())
        all.push_back({experiment->name(), experiment->question()});
    all.push_back({"--help", ""});
    return fitting(std::move(all), word, "");
  }
  if (takes_experiment(*verb) && std::ranges::find(experiments, words[1]) == experiments.end())
    return {};
  const HelpTable table = table_of(*verb, takes_experiment(*verb) ? words[1] : "");
  const std::size_t equals = word.find('=');
  if (word.starts_with("--") && equals != std::string::npos) {
    const HelpOption* option = option_named(table, word.substr(0, equals));
    if (option == nullptr) return {};
    return fitting(value_candidates(*verb, *option), word, pieces_before(word, equals + 1));
  }
  if (words.size() > 2)
    if (const HelpOption* option = option_named(table, words[words.size() - 2]);
        option != nullptr && !option->is_positional() && option->takes_value)
      return fitting(value_candidates(*verb, *option), word, pieces_before(word, 0));
  if (word.starts_with('-')) return fitting(option_candidates(table), word, "");
  std::vector<Candidate> operands;
  if (verb->name == "completion")
    for (const char* shell : {"bash", "zsh", "fish"}) operands.push_back({shell, ""});
  if (verb->name == "man")
    for (const Verb& other : verbs())
      operands.push_back({std::string(other.name), std::string(other.what)});
  // Files stand beside options where a verb takes them.
  if (word.empty() && operands.empty() &&
      std::ranges::none_of(table.options, &HelpOption::is_positional) && verb->name != "advise")
    return option_candidates(table);
  return fitting(std::move(operands), word, "");
}

}  // namespace parlab
