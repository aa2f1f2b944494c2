#include "experiments/command_line/race/effort_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <stdexcept>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/options/duration.hpp"
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
                 "decided: more rounds where a verdict is open, until none is");
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
      ->check(complaint_on_empty);
  app.add_flag("--quiet", words.quiet, "no table, no progress");
  app.add_flag("--progress", words.progress, "progress as lines on stderr, for a program to read");
}

ProgressStyle progress_of(const ResultWords& words) {
  if (words.progress) return ProgressStyle::lines;
  return !words.quiet && isatty(STDERR_FILENO) != 0 ? ProgressStyle::one_line : ProgressStyle::none;
}

}  // namespace parlab
