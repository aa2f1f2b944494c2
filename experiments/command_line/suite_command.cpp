// parlab suite: every experiment as its own suite() says, one result file each, for the report.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/suite_run.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/results/output_file.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

std::vector<SuiteEntry> entries_of(Profile profile, const std::vector<std::string>& only) {
  auto experiments = make_experiments();
  std::ranges::stable_sort(experiments, {}, [](const auto& e) { return e->report_place(); });
  std::vector<SuiteEntry> entries;
  for (const auto& experiment : experiments)
    for (SuiteEntry& entry : experiment->suite(profile)) entries.push_back(std::move(entry));
  if (only.empty()) return entries;
  const std::vector<std::string> names = names_of(entries);
  for (const std::string& name : only) require_known("race of the suite", name, names);
  std::erase_if(entries, [&](const SuiteEntry& entry) {
    return std::ranges::find(only, entry.name) == only.end();
  });
  return entries;
}

/// Of the quick profile, a race: 40 of them are what a report may take from someone who waits for it.
constexpr std::chrono::duration<double> quick_seconds_a_race{6.5};

/// Publishes what there is. Where that is nothing, an earlier suite in the folder stays as it is.
void end_early(SuiteRun& suite, const std::string& folder, const std::string& why) {
  if (suite.races_there() == 0) {
    tell("parlab: {}; nothing was written\n", why);
    return;
  }
  suite.publish_summary(why);
  tell("parlab: {}; {} of {} races are in {}\n", why, suite.races_there(), suite.size(), folder);
}

/// Profile and races of the suite in the folder, where the words do not ask for others.
void go_on_as_before(SuiteOptions& options, const std::string& profile) {
  const EarlierSuite earlier = read_suite(options.folder);
  if (!profile.empty() && options.profile != earlier.profile)
    throw UsageError(fmt::format(
        "--resume: {}/suite.json: it is of another profile than {}; start over without --resume",
        options.folder, profile));
  options.profile = earlier.profile;
  if (options.only.empty()) options.only = earlier.only;
  options.earlier_seconds = earlier.elapsed_seconds;
}

}  // namespace

int suite_command(const Arguments& arguments, const std::string& command) {
  CLI::App app("Runs every experiment and writes their result files, for the report.",
               "parlab suite");
  SuiteOptions options{.command = command};
  std::string profile;
  std::string budget;
  app.add_option("--profile", profile,
                 "quick: some minutes; full: more sizes, rounds, schedules [quick]");
  app.add_option("--out", options.folder, "folder for the result files, made if it is missing");
  app.add_option("--only", options.only, "only these races, as in pi-backends,dispatch")
      ->delimiter(',');
  app.add_option("--budget", budget,
                 fmt::format("time for all races, as in 5min: a first pass over all of them, then "
                             "more rounds where a verdict is near; none: each race runs the rounds "
                             "of its profile [{} s per race for quick, none for full]",
                             quick_seconds_a_race.count()));
  app.add_flag("--resume", options.resumes,
               "continue the suite in the folder, with its profile and races: more rounds for what "
               "is undecided; needs the same machine and build");
  app.add_flag("--quiet", options.quiet, "no progress");
  app.add_flag("--no-history", options.no_history,
               "does not keep these races for parlab history; PARLAB_HISTORY=off keeps none");
  app.footer("Example: parlab suite --profile quick --out reports/out");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (!profile.empty()) require_known("profile", profile, {"quick", "full"});
  if (options.folder.empty())
    throw UsageError("suite: --out is missing; name a folder for the results");
  options.profile = profile == "full" ? Profile::full : Profile::quick;
  if (options.resumes) go_on_as_before(options, profile);
  auto entries = entries_of(options.profile, options.only);
  if (budget.empty() && options.profile == Profile::quick) {
    options.budget = entries.size() * quick_seconds_a_race;
  } else if (!budget.empty() && budget != "none") {
    options.budget = parse_duration("--budget", budget, max_budget);
    options.is_budget_asked_for = true;
  }
  std::error_code error;
  if (!options.resumes) std::filesystem::create_directories(options.folder, error);
  if (error)
    throw UsageError(fmt::format("cannot make the folder {}: {}", options.folder, error.message()));
  // Complains now rather than after the work.
  if (!options.resumes) const OutputFile probe(options.folder + "/suite.json");

  const InterruptionGuard interruption;
  SuiteRun suite(std::move(entries), options, interruption);
  try {
    suite.run();
  } catch (const Interrupted& interrupted) {
    end_early(suite, options.folder, "interrupted");
    return 128 + interrupted.signal();
  } catch (const NoPlace& full) {
    end_early(suite, options.folder, full.what());
    return 1;
  }
  if (!suite.publish_summary()) return 1;
  if (!options.quiet) tell("results in {}\n", options.folder);
  return suite.any_failed() ? 1 : 0;
}

}  // namespace parlab
