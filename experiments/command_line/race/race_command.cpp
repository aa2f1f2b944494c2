#include "experiments/command_line/race/race_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/commands/command_table.hpp"
#include "experiments/command_line/commands/hyperfine_export.hpp"
#include "experiments/command_line/race/limit_outcome.hpp"
#include "experiments/command_line/race/race_markdown.hpp"
#include "experiments/command_line/race/race_plot.hpp"
#include "experiments/command_line/race/race_text.hpp"
#include "experiments/command_line/race/running_race.hpp"
#include "experiments/history/history_place.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/posix/process/stray_processes.hpp"

namespace parlab {
namespace {

std::string name_of(RaceVerb verb) {
  if (verb == RaceVerb::race) return "race";
  return verb == RaceVerb::run ? "run" : "compare";
}

void tell_failures(const RaceRecord& race) {
  for (const Measured& result : race.outcome.results)
    if (result.failure)
      tell("parlab: {} failed{}: {}\n", result.entrant.label,
           result.failure->round ? fmt::format(" in round {}", *result.failure->round + 1) : "",
           result.failure->cause);
}

/// To stdout; where that fails, to stderr, so that what was measured is seen, and OutputLost.
void print_or_tell(const std::string& text) {
  try {
    write_stdout(text);
    flush_stdout();
  } catch (const OutputLost& lost) {
    if (!lost.reader_left()) write_stderr(text);
    throw;
  }
}

}  // namespace

int race_command(RaceVerb verb, const std::vector<std::string>& arguments,
                 const std::string& command) {
  RaceRequest request =
      verb == RaceVerb::race ? parse_commands(arguments) : parse_race(verb, arguments);
  if (!request.help.empty()) {
    write_stdout(request.help);
    return 0;
  }
  if (request.checkpoint) return checkpoint_command(std::move(request), command);
  const bool has_product = request.experiment->has_product();
  if (request.result.json == "-" && has_product)
    throw UsageError("--json - and --list both want stdout; write the result to a file");
  const nlohmann::json hosts = require_ranks(request);
  const InterruptionGuard interruption;
  ResultPlace place(request.result.json);
  std::optional<OutputFile> markdown;
  if (!request.result.markdown.empty()) markdown.emplace(request.result.markdown);
  std::optional<OutputFile> exported;
  if (!request.export_hyperfine.empty()) exported.emplace(request.export_hyperfine);
  const bool quiet = request.result.quiet;
  if (has_product || !(quiet || place.is_stdout())) require_stdout();

  nlohmann::json context = collect_context(command);
  if (!hosts.empty()) context["hosts"] = hosts;
  std::optional<OrphanKeeper> orphans;  // of commands, which may start what they do not end
  if (verb == RaceVerb::race) orphans.emplace();
  if (request.set_up) request.set_up(interruption);
  std::string name = request.name;
  RunningRace running(std::move(name), std::move(request), interruption);
  int signal = 0;
  try {
    running.run();
    interruption.check();
  } catch (const Interrupted& interrupted) {
    if (running.rounds() == 0) throw;
    signal = interrupted.signal();
    running.set_stopped(Stop::interrupted);
  }
  complete_context(context);
  const RaceRecord race = running.record();
  const int planned = running.plan().sentences;
  const auto sentences = running.headlines(race.verdicts, planned);
  const LimitOutcome limit(running.result_words(), race);
  const Table table = verb == RaceVerb::race ? command_table(race) : backend_table(race);
  tell_failures(race);
  // The result first: it outlives a stdout that takes no more.
  nlohmann::json document = result_json(race, context, sentences, planned);
  document["limit"] = limit.json();
  if (place) place.deliver(document);
  if (!running.result_words().no_history) keep_in_history(document, name_of(verb));
  if (markdown)
    publish_or_rescue(*markdown, race_markdown(race, context, table, sentences, limit.text()),
                      ".md");
  if (exported) publish_or_rescue(*exported, hyperfine_json(race));
  try {
    if (!quiet) {
      const bool is_told_below = race.outcome.ok() && limit.exit_code() != 0;
      std::string text = race_text(race, table, sentences) + open_text(running, race) +
                         (is_told_below ? "" : limit.text());
      const int fd = has_product ? STDERR_FILENO : STDOUT_FILENO;
      if (!place.is_stdout() && wants_plot(running.result_words(), fd))
        text += race_plot(race, plot_style_of(fd));
      if (place.is_stdout() || has_product)
        write_stderr(text);
      else
        print_or_tell(text);
    }
    if (signal == 0 && race.outcome.ok())
      race.experiment->print_product([](std::string_view text) { write_stdout(text); });
    flush_stdout();
  } catch (const Interrupted& interrupted) {
    signal = interrupted.signal();
  }
  if (signal != 0) {
    tell("parlab: interrupted{}\n", place ? "; the result is written" : "");
    return 128 + signal;
  }
  if (!race.outcome.ok()) return 1;
  if (limit.exit_code() != 0) tell("parlab: {}", limit.text());
  return limit.exit_code();
}

}  // namespace parlab
