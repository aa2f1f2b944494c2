// From the words after `parlab run` and `parlab compare` to a RaceRequest.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "experiments/checkpoint/progress_signal.hpp"
#include "experiments/command_line/checkpoint/checkpoint_options.hpp"
#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/measure/race/memory_need.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/environment_axis.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/simd_level.hpp"

namespace parlab {
namespace {

std::string verb_name(RaceVerb verb) { return verb == RaceVerb::run ? "run" : "compare"; }

constexpr char default_pause_text[] = "50ms";
constexpr std::chrono::minutes max_pause{1};

/// Ranks of threads on this machine alone: with one there would be nothing to send.
constexpr int ranks_alone = 2;

/// The options of a race of backends, as they were typed.
struct Words {
  std::string backend, workers, hosts, hostfile, ranks, grain = "auto", chunks, isolation, baseline;
  EffortWords effort;
  ResultWords result;
  std::vector<std::string> env;
  std::string pin, metric = "seconds", pause;
  CheckpointWords checkpoint;
};

std::string usual_or(const std::string& usual, const char* otherwise) {
  return usual.empty() ? otherwise : usual;
}

void add_common_options(CLI::App& app, Words& words, const Experiment& experiment, RaceVerb verb) {
  if (!experiment.compares_methods()) {
    app.add_option("--backend", words.backend,
                   verb == RaceVerb::run
                       ? "backends, with or without a schedule, as in A,B:schedule; 'each' for "
                         "every backend by its default schedule, 'all' for every schedule [" +
                             usual_or(experiment.usual_backends(), "each") + "]"
                       : "the backends to compare, as in A,B; the first is the baseline");
    app.add_option("--workers", words.workers,
                   fmt::format("worker counts, as in 1,2 [{}; with --hosts as many as these take]",
                               usual_or(experiment.usual_workers(), "the usable cores")));
    app.add_option(
        "--hosts", words.hosts,
        "machines for the ranks of mpi, and how many each takes, as in h1:2,h2:2; filled "
        "one after the other; the same parlab must lie in the same place on all [this "
        "machine]");
    app.add_option("--hostfile", words.hostfile,
                   "the same from a file: lines as h1:2 or h1 slots=2; # begins a comment");
    app.add_option("--ranks", words.ranks,
                   fmt::format("ranks on each host for mpi+openmp and mpi+tbb, which share its "
                               "workers as threads [1; without hosts {}]",
                               ranks_alone));
    app.add_option(
        "--pin", words.pin,
        "binds each worker of an arm to a processor of its own: compact, neighbours; spread, far "
        "apart; none, all processors for all; each of a list makes an arm [none]");
  }
  app.add_option("--env", words.env,
                 "variable that arms are started with, as in OMP_WAIT_POLICY=active,passive; each "
                 "value makes an arm; may be given for several variables")
      ->allow_extra_args(false);
  std::string figures;
  for (const RaceFigure& figure : race_figures())
    figures += fmt::format("{}{}, {}", figures.empty() ? "" : "; ", figure.name, figure.what);
  app.add_option(
      "--metric", words.metric,
      fmt::format("what is compared, and told by table and verdicts: {} [seconds]", figures));
  app.add_option(
      "--pause", words.pause,
      fmt::format("idle time, as in 50ms, after which each sample has one more run; then "
                  "the CPU time of the next 100 ms is counted [none; {} with --metric "
                  "pause or after]",
                  default_pause_text));
  if (experiment.takes_grain()) {
    app.add_option("--grain", words.grain, "indices per chunk; a list for a sweep [auto]");
    app.add_option("--chunks", words.chunks,
                   "number of chunks, instead of --grain; a list for a sweep");
  }
  add_effort_options(app, words.effort,
                     {.seed = "seed of the kernel's random numbers and of the order of arms [1]",
                      .timeout = "seconds until an arm's sample counts as hung [120]"});
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
  if (verb == RaceVerb::run && !experiment.compares_methods())
    add_checkpoint_options(app, words.checkpoint);
  add_result_options(app, words.result);
}

/// What the metric asks of the samples, and of the processes that they come from.
void apply_metric(const Words& words, RaceOptions& options) {
  const RaceFigure& figure = race_figure_named(words.metric);
  options.metric = figure.metric;
  options.sample.min_runs = figure.min_runs;
  const std::string pause =
      words.pause.empty() && figure.needs_pause ? default_pause_text : words.pause;
  if (!pause.empty()) options.sample.pause = parse_duration("--pause", pause, max_pause);
  if (!figure.needs_processes) return;
  if (!words.isolation.empty() && words.isolation != "fresh")
    throw UsageError(
        fmt::format("--metric {} needs a new process for each sample: leave out --isolation {}",
                    figure.name, words.isolation));
  options.isolation = Isolation::fresh;
}

std::vector<std::string> openmp_bindings_in(const Environment& environment) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : environment) texts.push_back(fmt::format("{}={}", name, value));
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  std::vector<std::string> names;
  for (const auto& [name, value] : openmp_binding(pointers.data())) names.push_back(name);
  return names;
}

/// Placements of the arms. Throws UsageError where OpenMP would move them to places of its own.
std::vector<Placement> pins_of(const Words& words, const std::vector<Environment>& environments) {
  if (words.pin.empty()) return {Placement::none};
  std::vector<Placement> pins;
  for (const std::string& name : split_list(words.pin))
    pins.push_back(placement_named("--pin", name));
  std::vector<std::string> bindings;
  for (const auto& [name, value] : openmp_binding()) bindings.push_back(name);
  for (const Environment& environment : environments)
    for (const std::string& name : openmp_bindings_in(environment)) bindings.push_back(name);
  if (!bindings.empty())
    throw UsageError(fmt::format(
        "--pin: {} binds OpenMP's threads already: leave out one of the two", bindings.front()));
  return pins;
}

/// Where ranks run; no hosts: on this machine.
RankPlaces places_of(const Words& words) {
  if (!words.hosts.empty() && !words.hostfile.empty())
    throw UsageError("--hosts and --hostfile say the same thing twice; give one of them");
  RankPlaces places;
  if (!words.hostfile.empty())
    places = {"--hostfile", read_rank_hosts("--hostfile", words.hostfile)};
  if (!words.hosts.empty()) places = {"--hosts", parse_rank_hosts("--hosts", words.hosts)};
  if (!words.ranks.empty())
    places.threaded = static_cast<int>(parse_quantity("--ranks", words.ranks, 1, max_workers));
  else
    places.threaded = places.hosts.empty() ? ranks_alone : 1;
  return places;
}

Selection selection_of(const Words& words, RaceVerb verb, const Experiment& experiment,
                       const RankPlaces& places) {
  const auto environments = parse_environments("--env", words.env);
  // Each arm would refuse it by itself.
  for (const Environment& environment : environments)
    if (const auto level = environment.find(simd_variable); level != environment.end())
      simd_level_named(level->second);
  if (experiment.compares_methods())
    return {.backends = {parse_backend("serial")},
            .workers = {1},
            .baseline = BaselineKind::first,
            .environments = environments};
  Selection selection;
  selection.environments = environments;
  selection.pins = pins_of(words, environments);
  if (verb == RaceVerb::compare && words.backend.empty())
    throw UsageError("compare: --backend is missing; name two, as in --backend openmp:static,tbb");
  if (words.backend.empty() || words.backend == "each") {
    for (const BackendEntry& entry : backends())
      if (!entry.by_name_only) selection.backends.push_back(parse_backend(entry.name));
  } else {
    selection.backends = parse_backends(words.backend);
  }
  if (words.workers.empty()) {
    const int slots = all_slots(places.hosts);
    selection.workers = {slots > 0 ? std::min(slots, max_workers) : usable_cores()};
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

/// That arms whose workers share no memory can do so, and have places.
void require_apart(const Experiment& experiment, const std::vector<Entrant>& entrants,
                   const RankPlaces& places, bool has_threaded_ranks) {
  bool has_ranks = false, has_threads = false;
  for (const Entrant& entrant : entrants) {
    const Arm& arm = entrant.arm;
    if (shares_memory(arm.executor)) continue;
    has_ranks = true;
    has_threads = has_threads || !threads_backend(arm.executor.backend).empty();
    if (const std::string why = experiment.why_not_apart(arm.workload); !why.empty())
      throw UsageError(fmt::format("{} does not run on {}, whose workers share no memory: {}",
                                   experiment.name(), arm.executor.backend, why));
    if (arm.pin != Placement::none)
      throw UsageError(
          fmt::format("--pin does not place workers of {}: leave it out", arm.executor.backend));
    require_slots(arm.executor.workers, places.hosts);
  }
  if (!has_ranks && !places.hosts.empty())
    throw UsageError(fmt::format(
        "{}: none of the arms runs on other machines; add mpi, as in --backend serial,mpi",
        places.option));
  if (!has_threads && has_threaded_ranks)
    throw UsageError(
        "--ranks: none of the arms has threads in ranks; add one, as in --backend mpi+openmp");
}

/// What the experiment takes where nobody says: in words, so that programs of single arms, maybe on
/// other machines, take the same.
void spell_out_usual(Words& words, RaceRequest& request) {
  const auto spell_out = [&](std::string& word, const char* option, const std::string& usual) {
    if (!word.empty() || usual.empty()) return;
    word = usual;
    request.options.words.insert(request.options.words.end(), {option, usual});
  };
  spell_out(words.backend, "--backend", request.experiment->usual_backends());
  if (request.ranks.hosts.empty())
    spell_out(words.workers, "--workers", request.experiment->usual_workers());
}

Isolation isolation_of(const std::string& name) {
  require_known("--isolation", name, {"renewed", "standing", "fresh"});
  if (name == "fresh") return Isolation::fresh;
  return name == "standing" ? Isolation::standing : Isolation::renewed;
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
  request.experiment = make_experiment(arguments[0]);
  if (verb == RaceVerb::compare && request.experiment->compares_methods())
    throw UsageError(fmt::format(
        "compare: {0} takes no backends, its arms are variants of one task; use parlab run {0}",
        arguments[0]));
  require_backends(*request.experiment, arguments);
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
  request.checkpoint = checkpoint_request(app, words.checkpoint);
  if (request.checkpoint) ignore_progress_signal();  // until there is something to tell
  request.experiment->set_seed(parse_quantity("--seed", words.effort.seed));
  request.experiment->check_options();
  request.help = request.experiment->instead();
  if (!request.help.empty()) return request;
  request.name = arguments[0];
  check_result_options(words.result);
  request.options = effort_of(words.effort);
  request.options.isolation = isolation_of(words.isolation.empty() ? "renewed" : words.isolation);
  apply_metric(words, request.options);
  request.options.progress = progress_of(words.result);
  request.options.words = {verb_name(verb)};
  request.options.words.insert(request.options.words.end(), arguments.begin(), arguments.end());
  request.ranks = places_of(words);
  if (verb == RaceVerb::run) spell_out_usual(words, request);
  const Selection selection = selection_of(words, verb, *request.experiment, request.ranks);
  request.experiment->set_workers(selection.workers);
  request.entrants = request.checkpoint ? line_up_alone(*request.experiment, selection)
                                        : line_up(*request.experiment, selection);
  require_apart(*request.experiment, request.entrants, request.ranks, !words.ranks.empty());
  if (verb == RaceVerb::compare &&
      std::ranges::none_of(request.entrants, [](const Entrant& e) { return e.role == Role::arm; }))
    throw UsageError(
        fmt::format("compare: {} has nothing to be compared with; name a second backend, as in "
                    "--backend openmp:static,tbb",
                    request.entrants.front().label));
  require_memory(*request.experiment, request.entrants, request.options.isolation);
  request.result = words.result;
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
