// parlab plan: how long an experiment would take on ranks that are not there.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/plan/plan_races.hpp"
#include "experiments/command_line/plan/plan_text.hpp"
#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/race/progress_line.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/help_table.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

/// More than any machine has; the simulation is checked for 1e5.
constexpr std::uint64_t max_ranks = 1'000'000;
/// Ranks that --validate starts here.
constexpr std::uint64_t max_validated_ranks = 64;
/// A sample's end, and that of a run that --validate makes.
constexpr std::chrono::minutes sample_timeout{2};
constexpr double max_validated_seconds = 60;

/// What --size stands for.
constexpr std::array<std::pair<const char*, const char*>, 3> size_options{
    {{"pi", "--darts"}, {"primes", "--to"}, {"own", "--size"}}};

struct Words {
  std::string ranks = "1,10,100,1000", grain, schedule, cores, latency, bandwidth, from_result,
              seed = "1";
  ResultWords result;
  bool validate = false;
};

auto size_option_of(std::string_view experiment) {
  return std::ranges::find_if(size_options,
                              [&](const auto& entry) { return experiment == entry.first; });
}

/// The words with the experiment's own option in place of --size.
std::vector<std::string> with_own_size(const std::string& experiment,
                                       std::vector<std::string> words) {
  const auto known = size_option_of(experiment);
  for (std::string& word : words) {
    const bool has_value = word.starts_with("--size=");
    if (word != "--size" && !has_value) continue;
    if (known == size_options.end())
      throw UsageError(fmt::format(
          "--size: {0} has its own options for the size; see parlab run {0} --help", experiment));
    word = has_value ? known->second + word.substr(word.find('=')) : known->second;
  }
  return words;
}

/// Of these options, those that were given, as words.
std::vector<std::string> given_words(const std::vector<const CLI::Option*>& options) {
  std::vector<std::string> words;
  for (const CLI::Option* option : options) {
    if (option->count() == 0) continue;
    const std::string name = "--" + option->get_lnames().front();
    if (option->get_expected_max() == 0)
      words.push_back(name);
    else
      for (const std::string& value : option->results()) words.insert(words.end(), {name, value});
  }
  return words;
}

/// The one workload of an experiment whose options are read. Throws UsageError.
Workload workload_of(Experiment& experiment, const Words& words) {
  experiment.set_seed(parse_quantity("--seed", words.seed));
  experiment.check_options();
  if (!experiment.instead().empty())
    throw UsageError(
        fmt::format("plan: these options of {} leave nothing to plan", experiment.name()));
  const std::vector<Workload> all = experiment.workloads();
  if (all.size() != 1)
    throw UsageError(fmt::format("plan: {} has {} cases here; give one value each",
                                 experiment.name(), all.size()));
  if (const std::string why = experiment.why_not_apart(all.front()); !why.empty())
    throw UsageError(fmt::format("plan: {} does not run on ranks: {}", experiment.name(), why));
  if (all.front().size == 0) throw UsageError("plan: there is nothing to compute");
  return all.front();
}

double positive_number(const char* option, const std::string& word, const char* as_in) {
  try {
    std::size_t end = 0;
    const double value = std::stod(word, &end);
    if (end == word.size() && value > 0 && std::isfinite(value)) return value;
  } catch (const std::exception&) {  // told below
  }
  throw UsageError(fmt::format("{}: '{}' is not a number above 0, as in {}", option, word, as_in));
}

RankCosts rank_costs(const Words& words, const InterruptionGuard& interruption) {
  const bool is_told = !words.latency.empty() || !words.bandwidth.empty();
  if (is_told && !words.from_result.empty())
    throw UsageError("--from-result tells what --latency and --bandwidth do; give one of them");
  if (!words.from_result.empty()) return rank_costs_of_file(words.from_result);
  if (!is_told) return measure_rank_costs(progress_of(words.result), interruption);
  if (words.latency.empty() || words.bandwidth.empty())
    throw UsageError("--latency and --bandwidth go together; give both");
  RankCosts costs;
  costs.latency = 1e-6 * positive_number("--latency", words.latency, "--latency 2 (us)");
  costs.seconds_per_byte =
      1e-9 / positive_number("--bandwidth", words.bandwidth, "--bandwidth 10 (GB/s)");
  costs.ticket = costs.latency;
  costs.from = "as asked for; the counter serves a chunk in the time of a message";
  return costs;
}

PlanRequest plan_request(const Words& words, const Workload& workload) {
  PlanRequest request{.size = workload.size, .grain = workload.grain};
  if (!words.grain.empty()) request.only_grain = parse_quantity("--grain", words.grain, 1);
  if (!words.schedule.empty()) {
    require_known("--schedule", words.schedule, {"static", "dynamic"});
    request.only_dynamic = words.schedule == "dynamic";
  }
  if (words.validate) request.cores = static_cast<std::uint64_t>(usable_cores());
  if (!words.cores.empty()) {
    if (words.validate)
      throw UsageError("--cores: --validate runs on those of this machine; leave one of them out");
    request.cores = parse_quantity("--cores", words.cores, 1, max_ranks);
  }
  return request;
}

/// Runs each plan on ranks of this machine.
void validate(PlanReport& report, const std::vector<std::string>& words, ProgressStyle progress,
              const InterruptionGuard& interruption) {
  for (const CheckedPlan& checked : report.plans)
    if (const double seconds = checked.plan.best.run.seconds; seconds > max_validated_seconds)
      throw UsageError(
          fmt::format("--validate: a run on {} ranks would take {}; ask for a smaller --size",
                      checked.plan.ranks, duration_words(seconds)));
  for (CheckedPlan& checked : report.plans)
    checked.measured = measure_ranks(words, checked.plan.best.is_dynamic, checked.plan.best.grain,
                                     checked.plan.ranks, progress, interruption);
}

void add_plan_options(CLI::App& app, Words& words) {
  app.add_option("--ranks", words.ranks, "numbers of ranks to plan for [1,10,100,1000]");
  app.add_option("--grain", words.grain, "indices per chunk [the best that is found]");
  app.add_option("--schedule", words.schedule, "static or dynamic [the better one]");
  app.add_option("--cores", words.cores,
                 "cores of all ranks together, which share them [one each]");
  app.add_option("--latency", words.latency, "of a message between ranks, in us [measured here]");
  app.add_option("--bandwidth", words.bandwidth, "of messages, in GB/s [measured here]");
  app.add_option("--from-result", words.from_result,
                 "takes both from a result file of parlab run scaling instead")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.add_flag(
      "--validate", words.validate,
      "also runs the plan on ranks of this machine, which share its cores, and says how far "
      "off it is");
  app.add_option("--seed", words.seed, "seed of the kernel's random numbers [1]");
  app.add_option("--json", words.result.json, "writes the plan as JSON; - for stdout")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.add_flag("--quiet", words.result.quiet, "no table, no progress");
  app.add_flag("--progress", words.result.progress,
               "progress as lines on stderr, for a program to read");
}

}  // namespace

int plan_command(const Arguments& arguments, const std::string& command) {
  std::unique_ptr<Experiment> experiment;
  std::vector<std::string> options = arguments;
  if (!arguments.empty() && !arguments[0].starts_with('-')) {
    experiment = make_experiment(arguments[0]);
    if (experiment->compares_methods())  // whose options may be named as those here
      throw UsageError(fmt::format("plan: {} does not run on backends", arguments[0]));
    options = with_own_size(arguments[0], {arguments.begin() + 1, arguments.end()});
  }
  CLI::App app(
      "Says how long an experiment would take on ranks of MPI that are not there, with which grain "
      "and schedule, what would limit it, and what it would cost: single chunks and messages are "
      "timed here, and a run on so many ranks is simulated with these costs, event by event. All "
      "cores count as fast as one of this machine.",
      "parlab plan EXPERIMENT");
  std::vector<const CLI::Option*> own_options;
  if (experiment != nullptr) {
    experiment->add_options(app);
    for (const CLI::Option* option : app.get_options())
      if (option != app.get_help_ptr()) own_options.push_back(option);
  }
  Words words;
  std::string size;  // for the help: with_own_size has put the experiment's own option in its place
  const bool has_size =
      experiment == nullptr || size_option_of(experiment->name()) != size_options.end();
  if (has_size && app.get_option_no_throw("--size") == nullptr)
    app.add_option("--size", size,
                   "how much: stands for --darts of pi, --to of primes [as in a run]");
  add_plan_options(app, words);
  app.footer(
      "Example: parlab plan primes --algorithm sieve --ranks 1000 --size 1e15\n"
      "         parlab plan pi --size 1e9 --ranks 2,4,8,16 --validate");
  if (const auto help = parse_words(app, options)) {
    write_stdout(*help);
    return 0;
  }
  if (experiment == nullptr)
    throw UsageError("plan: the experiment is missing; write parlab plan primes --size 1e12");
  const auto ranks =
      parse_quantities("--ranks", words.ranks, 1, words.validate ? max_validated_ranks : max_ranks);
  const Workload workload = workload_of(*experiment, words);
  const PlanRequest request = plan_request(words, workload);

  const InterruptionGuard interruption;
  ResultPlace place(words.result.json);
  if (!(words.result.quiet || place.is_stdout())) require_stdout();
  nlohmann::json context = collect_context(command);
  std::optional<Progress> progress;
  progress.emplace("plan", progress_of(words.result), Progress::Clock::time_point::max());
  progress->show("what messages cost", std::nullopt);
  PlanReport report{.experiment = experiment->name(),
                    .subject = experiment->subject(workload),
                    .unit = workload.unit,
                    .size = workload.size};
  report.costs = rank_costs(words, interruption);
  progress->show("what chunks cost", std::nullopt);
  report.sample = sample_work(*experiment, workload, sample_timeout, interruption);
  const WorkProfile work(report.sample.rates);
  const RunCosts costs{.serial = report.sample.serial,
                       .ticket = report.costs.ticket,
                       .latency = report.costs.latency,
                       .seconds_per_byte = report.costs.seconds_per_byte};
  for (const std::uint64_t count : ranks) {
    interruption.check();
    progress->show(fmt::format("a run on {} ranks", count), std::nullopt);
    report.plans.push_back({plan_ranks(count, request, work, costs)});
  }
  progress.reset();
  if (words.validate) {
    std::vector<std::string> own = given_words(own_options);
    own.insert(own.begin(), experiment->name());
    own.insert(own.end(), {"--seed", words.seed});
    validate(report, own, progress_of(words.result), interruption);
  }
  complete_context(context);
  nlohmann::json document = plan_json(report);
  document["context"] = context;
  if (place) place.deliver(document);
  if (words.result.quiet) return 0;
  if (place.is_stdout())
    write_stderr(plan_text(report));
  else
    write_stdout(plan_text(report));
  return 0;
}

}  // namespace parlab
