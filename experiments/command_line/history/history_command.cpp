// parlab history: what was measured before on this machine, run after run.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <set>

#include "experiments/base/standard_streams.hpp"
#include "experiments/base/terminal.hpp"
#include "experiments/command_line/history/history_text.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/history/history_place.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/options/help_table.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#ifdef PARLAB_HAS_HISTORY
#include "experiments/history/history_database.hpp"
#endif

namespace parlab {
namespace {

#ifdef PARLAB_HAS_HISTORY
/// The races of one experiment with their arms, or of all.
std::vector<HistoryRace> kept_races(const std::string& path, const std::string& experiment,
                                    bool with_arms) {
  if (path.empty())
    throw UsageError("history: PARLAB_HISTORY=off keeps none; unset it, or name a file");
  if (!std::filesystem::exists(path))
    throw UsageError(fmt::format(
        "history: there is no {} yet; parlab run, compare, race and suite keep what they measure",
        path));
  try {
    HistoryDatabase history(path, HistoryDatabase::Access::read);
    std::vector<HistoryRace> races = history.races("");
    std::set<std::string> names;
    for (const HistoryRace& race : races) names.insert(race.experiment);
    if (!experiment.empty())
      require_known("experiment of the history", experiment, {names.begin(), names.end()});
    if (!with_arms) return races;
    races.clear();
    for (const std::string& name : names)
      if (experiment.empty() || name == experiment)
        std::ranges::move(history.races(name), std::back_inserter(races));
    return races;
  } catch (const UsageError&) {
    throw;
  } catch (const std::exception& error) {
    throw UsageError(fmt::format("history: {}", error.what()));
  }
}
#else
std::vector<HistoryRace> kept_races(const std::string&, const std::string&, bool) {
  throw UsageError("history: not built: install libsqlite3-dev, then make build");
}
#endif

}  // namespace

int history_command(const Arguments& arguments) {
  CLI::App app(
      "Shows what was measured before: of each arm the ratio to its baseline over commits, with "
      "intervals, on one machine. Without an experiment, what there is.",
      "parlab history");
  std::vector<std::string> experiments;
  std::string arm, machine, json;
  app.add_option("EXPERIMENT", experiments, "as in pi; race for commands");
  app.add_option("--arm", arm, "only arms whose label holds this text");
  app.add_option("--machine", machine,
                 "another machine's fingerprint, as --json tells it [this machine's]");
  app.add_option("--json", json, "writes all series as JSON; - for stdout")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.footer(
      "The history is reports/history.sqlite of a checkout, parlab/history.sqlite in "
      "XDG_STATE_HOME "
      "(~/.local/state) of an installed program, or what PARLAB_HISTORY names; off keeps none.\n"
      "A change between two commits is named where their intervals lie further apart than 3 %, "
      "with "
      "the race that tells whether it is real.\n"
      "Example: parlab history pi --arm openmp");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (experiments.size() > 1)
    throw UsageError("history: name one experiment, as in parlab history pi");
  const std::string experiment = experiments.empty() ? "" : experiments[0];
  const bool shows_series = !experiment.empty() || !json.empty();
  if (!shows_series && !arm.empty())
    throw UsageError("history: --arm goes with an experiment, as in parlab history pi --arm tbb");
  const std::vector<HistoryRace> races = kept_races(history_place().path, experiment, shows_series);
  if (machine.empty()) machine = machine_fingerprint(collect_context(""));
  if (!shows_series) {
    write_stdout(history_overview(races, machine));
    return 0;
  }
  std::vector<HistorySeries> series = history_series(races, machine);
  std::erase_if(series,
                [&](const HistorySeries& one) { return one.label.find(arm) == std::string::npos; });
  ResultPlace place(json);
  if (place) place.deliver(history_json(series, races, machine));
  if (place.is_stdout()) return 0;
  if (series.empty())
    say("No arm that was compared{} is in the history of this machine.\n",
        arm.empty() ? "" : fmt::format(" and whose label holds '{}'", arm));
  else
    write_stdout(history_text(
        series, {.columns = terminal_columns(STDOUT_FILENO), .is_unicode = is_utf8_locale()}));
  return 0;
}

}  // namespace parlab
