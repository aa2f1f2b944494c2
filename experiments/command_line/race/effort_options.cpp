#include "experiments/command_line/race/effort_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <stdexcept>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/help_table.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

/// Most rounds: a day of them at the shortest sample.
constexpr std::uint64_t max_rounds = 1'000'000;

constexpr int default_rounds = 21;

constexpr double longest_timeout = 86'400;  // seconds, a day

}  // namespace

void add_effort_options(CLI::App& app, EffortWords& words, const EffortHelp& help) {
  app.add_option("--rounds", words.rounds,
                 fmt::format("rounds, in each of which every arm runs once; 7 or more for a "
                             "verdict [{}]; with --until or --budget the maximum [{}]",
                             default_rounds, last_look));
  app.add_option("--until", words.until,
                 "decided: more rounds where a verdict is open, until none is")
      ->type_name("decided");
  app.add_option("--budget", words.budget, "the same within this time, as in 20s or 5min")
      ->check(complaint_on_empty);
  app.add_option("--seed", words.seed, help.seed);
  app.add_option("--timeout", words.timeout, help.timeout);
}

RaceOptions effort_of(const EffortWords& words) {
  RaceOptions options;
  if (!words.until.empty()) require_known("--until", words.until, {"decided"});
  if (!words.budget.empty()) options.budget = parse_duration("--budget", words.budget, max_budget);
  options.until_decided = options.budget || !words.until.empty();
  options.rounds = options.until_decided ? last_look : default_rounds;
  if (!words.rounds.empty())
    options.rounds = static_cast<int>(parse_quantity("--rounds", words.rounds, 1, max_rounds));
  options.order_seed = parse_quantity("--seed", words.seed);
  try {
    std::size_t read = 0;
    options.timeout = std::chrono::duration<double>(std::stod(words.timeout, &read));
    if (read != words.timeout.size()) throw std::invalid_argument("trailing text");
  } catch (const std::exception&) {
    throw UsageError(fmt::format("--timeout: '{}' is not a number of seconds", words.timeout));
  }
  if (!(options.timeout.count() > 0 && options.timeout.count() <= longest_timeout))
    throw UsageError(fmt::format("--timeout: '{}' is out of range; it must be above 0, to {:g} s",
                                 words.timeout, longest_timeout));
  return options;
}

void add_result_options(CLI::App& app, ResultWords& words) {
  app.add_option("--json", words.json, "writes the result file; - for stdout")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.add_option("--markdown", words.markdown,
                 "writes the table and the sentences, for a comment on a pull request")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.add_option("--fail-on", words.fail_on,
                 "slower, or slower=5%: exit code 3 where an arm takes that much more than its "
                 "baseline, or more [3%]");
  app.add_flag("--fail-on-unresolved", words.fail_on_unresolved,
               "exit code 4 where --fail-on could not be told");
  app.add_option("--plot", words.plot,
                 "always or never: a plot of the intervals below the table [on a terminal]")
      ->type_name("always|never");
  app.add_flag("--quiet", words.quiet, "no table, no plot, no progress");
  app.add_flag("--progress", words.progress, "progress as lines on stderr, for a program to read");
  app.add_flag("--no-history", words.no_history,
               "does not keep this run for parlab history; PARLAB_HISTORY=off keeps none");
}

void check_result_options(ResultWords& words) {
  if (!words.plot.empty()) require_known("--plot", words.plot, {"always", "never"});
  if (words.fail_on.empty()) {
    if (words.fail_on_unresolved)
      throw UsageError("--fail-on-unresolved: nothing is asked; add --fail-on slower=5%");
    return;
  }
  const std::size_t equals = words.fail_on.find('=');
  require_known("--fail-on", words.fail_on.substr(0, equals), {"slower"});
  words.limit.emplace();
  if (equals == std::string::npos) return;
  const std::string text = words.fail_on.substr(equals + 1);
  double percent = -1;
  std::size_t read = 0;
  try {
    percent = std::stod(text, &read);
  } catch (const std::exception&) {  // no number, told below
  }
  const std::string unit = text.substr(std::min(read, text.size()));
  if (!(percent >= 0 && percent <= 1000) || (unit != "%" && unit != " %"))
    throw UsageError(
        fmt::format("--fail-on: '{}' is not a percentage from 0% to 1000%; write slower=5%", text));
  words.limit->fraction = percent / 100;
}

ProgressStyle progress_of(const ResultWords& words) {
  if (words.progress) return ProgressStyle::lines;
  return !words.quiet && isatty(STDERR_FILENO) != 0 ? ProgressStyle::one_line : ProgressStyle::none;
}

}  // namespace parlab
