// From the words after `parlab run` and `parlab compare` to a RaceRequest.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cmath>

#include "experiments/command_line/race/race_command.hpp"
#include "experiments/measure/race/memory_need.hpp"
#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

/// Most rounds: a day of them at the shortest sample.
constexpr std::uint64_t max_rounds = 1'000'000;

constexpr int default_rounds = 21;

constexpr double longest_timeout = 86'400;  // seconds, a day

std::string verb_name(RaceVerb verb) { return verb == RaceVerb::run ? "run" : "compare"; }

std::unique_ptr<Experiment> experiment_named(const std::string& name) {
  std::vector<std::string> names;
  for (auto& experiment : make_experiments()) {
    if (experiment->name() == name) return std::move(experiment);
    names.push_back(experiment->name());
  }
  if (const std::string_view now = new_name_of(name); !now.empty())
    throw UsageError(
        fmt::format("the experiment '{0}' is called '{1}' now: parlab run {1}", name, now));
  throw UsageError(unknown_name("experiment", name, names));
}

/// The options that every race has, as they were typed.
struct Words {
  std::string backend, workers, grain = "auto", chunks, seed = "1", rounds, timeout = "120";
  std::string budget, until;
  std::string isolation = "renewed", baseline, json;
  bool quiet = false, progress = false;
};

void add_common_options(CLI::App& app, Words& words, const Experiment& experiment, RaceVerb verb) {
  if (!experiment.compares_methods()) {
    app.add_option("--backend", words.backend,
                   verb == RaceVerb::run
                       ? "backends, with or without a schedule, as in A,B:schedule; 'each' for "
                         "every backend by its default schedule, 'all' for every schedule [each]"
                       : "the backends to compare, as in A,B; the first is the baseline");
    app.add_option("--workers", words.workers, "worker counts, as in 1,2 [the usable cores]");
  }
  if (experiment.takes_grain()) {
    app.add_option("--grain", words.grain, "indices per chunk; a list for a sweep [auto]");
    app.add_option("--chunks", words.chunks,
                   "number of chunks, instead of --grain; a list for a sweep");
  }
  app.add_option("--rounds", words.rounds,
                 fmt::format("rounds, in each of which every arm runs once; 7 or more for a "
                             "verdict [{}]; with --until or --budget the maximum [{}]",
                             default_rounds, last_look));
  app.add_option("--until", words.until,
                 "decided: more rounds where a verdict is open, until none is");
  app.add_option("--budget", words.budget, "the same within this time, as in 20s or 5min")
      ->check(complaint_on_empty);
  app.add_option("--seed", words.seed,
                 "seed of the kernel's random numbers and of the order of arms [1]");
  app.add_option("--timeout", words.timeout, "seconds until an arm's sample counts as hung [120]");
  app.add_option(
      "--isolation", words.isolation,
      fmt::format(
          "renewed: one process per arm, stopped between samples and replaced every {} rounds; "
          "standing: the same, never replaced; fresh: a new process for each sample [renewed]",
          rounds_a_process));
  if (verb == RaceVerb::run && !experiment.compares_methods())
    app.add_option("--baseline", words.baseline,
                   "serial: against serial, added where missing; first: against the first arm "
                   "[serial]");
  app.add_option("--json", words.json, "writes the result file; - for stdout")
      ->check(complaint_on_empty);
  app.add_flag("--quiet", words.quiet, "no table, no progress");
  app.add_flag("--progress", words.progress, "progress as lines on stderr, for a program to read");
}

Selection selection_of(const Words& words, RaceVerb verb, const Experiment& experiment) {
  if (experiment.compares_methods())
    return {.backends = {parse_backend("serial")}, .workers = {1}, .baseline = BaselineKind::first};
  Selection selection;
  if (verb == RaceVerb::compare && words.backend.empty())
    throw UsageError("compare: --backend is missing; name two, as in --backend openmp:static,tbb");
  if (words.backend.empty() || words.backend == "each") {
    for (const BackendEntry& entry : backends())
      selection.backends.push_back(parse_backend(entry.name));
  } else {
    selection.backends = parse_backends(words.backend);
  }
  if (words.workers.empty()) {
    selection.workers = {usable_cores()};
  } else {
    for (const std::uint64_t count : parse_quantities("--workers", words.workers, 1, max_workers))
      selection.workers.push_back(static_cast<int>(count));
  }
  if (std::ranges::all_of(selection.backends,
                          [](const auto& b) { return b.backend == "serial"; }) &&
      std::ranges::find(selection.workers, 1) == selection.workers.end() && !words.workers.empty())
    throw UsageError(
        fmt::format("serial has one worker, not {}; name a parallel backend", words.workers));
  if (words.grain != "auto" && !words.chunks.empty())
    throw UsageError("--grain and --chunks say the same thing twice; give one of them");
  if (words.grain != "auto") selection.grains = parse_quantities("--grain", words.grain, 1);
  if (!words.chunks.empty()) selection.chunks = parse_quantities("--chunks", words.chunks, 1);
  if (verb == RaceVerb::compare || words.baseline == "first") {
    selection.baseline = BaselineKind::first;
  } else if (words.baseline.empty() && experiment.cases_race()) {
    selection.baseline = BaselineKind::first_case;
  } else if (!words.baseline.empty() && words.baseline != "serial") {
    throw UsageError(unknown_name("--baseline", words.baseline, {"serial", "first"}));
  }
  return selection;
}

RaceOptions options_of(const Words& words) {
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
  if (words.isolation == "fresh") {
    options.isolation = Isolation::fresh;
  } else if (words.isolation == "standing") {
    options.isolation = Isolation::standing;
  } else if (words.isolation != "renewed") {
    throw UsageError(
        unknown_name("--isolation", words.isolation, {"renewed", "standing", "fresh"}));
  }
  if (words.progress)
    options.progress = ProgressStyle::lines;
  else if (!words.quiet && isatty(STDERR_FILENO) != 0)
    options.progress = ProgressStyle::one_line;
  return options;
}

}  // namespace

RaceRequest parse_race(RaceVerb verb, const std::vector<std::string>& arguments) {
  RaceRequest request{.verb = verb};
  if (arguments.empty())
    throw UsageError(
        fmt::format("{}: the experiment is missing; see parlab list", verb_name(verb)));
  if (arguments[0] == "--help" || arguments[0] == "-h") {
    request.help = race_help(verb);
    return request;
  }
  request.experiment = experiment_named(arguments[0]);
  if (verb == RaceVerb::compare && request.experiment->compares_methods())
    throw UsageError(fmt::format(
        "compare: {0} takes no backends, its arms are variants of one task; use parlab run {0}",
        arguments[0]));
  CLI::App app(request.experiment->question(),
               fmt::format("parlab {} {}", verb_name(verb), arguments[0]));
  request.experiment->add_options(app);
  Words words;
  add_common_options(app, words, *request.experiment, verb);
  app.footer(fmt::format(
      "Quantities: 1000, 1e8, 1_000_000, 64Ki.\nExample: parlab {0} {1}{2} --json {1}.json",
      verb_name(verb), arguments[0],
      request.experiment->compares_methods() ? "" : " --backend openmp:static,tbb --workers 1,2"));
  if (const auto help = parse_words(app, std::span(arguments).subspan(1))) {
    request.help = *help;
    return request;
  }
  request.experiment->set_seed(parse_quantity("--seed", words.seed));
  request.experiment->check_options();
  request.help = request.experiment->instead();
  if (!request.help.empty()) return request;
  request.options = options_of(words);
  request.options.words = {verb_name(verb)};
  request.options.words.insert(request.options.words.end(), arguments.begin(), arguments.end());
  request.entrants = line_up(*request.experiment, selection_of(words, verb, *request.experiment));
  if (verb == RaceVerb::compare &&
      std::ranges::none_of(request.entrants, [](const Entrant& e) { return e.role == Role::arm; }))
    throw UsageError(
        fmt::format("compare: {} has nothing to be compared with; name a second backend, as in "
                    "--backend openmp:static,tbb",
                    request.entrants.front().label));
  require_memory(*request.experiment, request.entrants, request.options.isolation);
  request.json = words.json;
  request.quiet = words.quiet;
  return request;
}

std::string race_help(RaceVerb verb) {
  std::string text = fmt::format(
      "{}\n\nUsage: parlab {} EXPERIMENT [OPTIONS]\n\nExperiments:\n",
      verb == RaceVerb::run
          ? "Measures one experiment in paired rounds and prints a table."
          : "Compares backends directly, in paired rounds, and says what the times mean.",
      verb_name(verb));
  for (const auto& experiment : make_experiments())
    text += fmt::format("  {:<12} {}\n", experiment->name(), experiment->question());
  return text + fmt::format(
                    "\nOptions of each: parlab {0} EXPERIMENT --help\nExample: parlab {0} pi "
                    "--backend openmp:static,tbb --workers 2 --darts 1e8\n",
                    verb_name(verb));
}

}  // namespace parlab
