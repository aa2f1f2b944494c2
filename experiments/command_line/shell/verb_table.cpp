#include "experiments/command_line/shell/verb_table.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/base/experiment.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {

bool takes_experiment(const Verb& verb) { return verb.operands == "EXPERIMENT"; }

HelpTable table_of(const Verb& verb, const std::string& experiment) {
  const Arguments words = experiment.empty() ? Arguments{} : Arguments{experiment};
  try {
    return help_table_of([&] { verb.run(words, ""); });
  } catch (const UsageError&) {
    return {};
  }
}

HelpTable own_table_of(const std::string& name) {
  for (const auto& experiment : make_experiments()) {
    if (experiment->name() != name) continue;
    CLI::App app(experiment->question(), name);
    experiment->add_options(app);
    HelpTable table = help_table(app);
    std::erase_if(table.options, [](const HelpOption& o) { return o.names.back() == "--help"; });
    return table;
  }
  return {};
}

std::vector<std::string> experiments_of(const Verb& verb) {
  std::vector<std::string> names;
  if (!takes_experiment(verb)) return names;
  for (const auto& experiment : make_experiments())
    if (verb.name != "compare" || !experiment->compares_methods())
      names.push_back(experiment->name());
  return names;
}

}  // namespace parlab
