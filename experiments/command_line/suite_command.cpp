// parlab suite: every experiment as its own suite() says, one result file each, for the report.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <list>

#include "experiments/command_line/parse_words.hpp"
#include "experiments/command_line/race_command.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/context.hpp"
#include "experiments/measure/output_file.hpp"
#include "kernels/errors.hpp"
#include "kernels/nearest_name.hpp"

namespace parlab {
namespace {

using nlohmann::json;

std::vector<SuiteEntry> entries_of(Profile profile, const std::vector<std::string>& only) {
  auto experiments = make_experiments();
  std::ranges::stable_sort(experiments, {}, [](const auto& e) { return e->report_place(); });
  std::vector<SuiteEntry> entries;
  for (const auto& experiment : experiments)
    for (SuiteEntry& entry : experiment->suite(profile)) entries.push_back(std::move(entry));
  if (only.empty()) return entries;
  std::vector<std::string> names;
  for (const SuiteEntry& entry : entries) names.push_back(entry.name);
  for (const std::string& name : only)
    if (std::ranges::find(names, name) == names.end())
      throw UsageError(unknown_name("race of the suite", name, names));
  std::erase_if(entries, [&](const SuiteEntry& entry) {
    return std::ranges::find(only, entry.name) == only.end();
  });
  return entries;
}

/// Fewest rounds of a race whose sentences stand among the suite's headlines. Among n of them Holm
/// asks the clearest for 2^(1 - rounds) <= 0.05 / n, so 11 rounds can tell one among 51; with
/// fewer, a sentence could only ever read "not resolved".
constexpr int least_headline_rounds = 11;

/// The suite as it runs: races done, and what went wrong.
struct Suite {
  std::string folder;
  Profile profile;
  std::string command;
  std::list<RaceRequest> requests = {};  // own the experiments that the races refer to
  std::list<RaceRecord> races = {};
  json files = json::array();
  json failed = json::array();
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();

  void fail(const SuiteEntry& entry, const std::string& cause, const std::string& race_command) {
    failed.push_back({{"name", entry.name}, {"cause", cause}, {"command", race_command}});
    fmt::print(stderr, "parlab: {} failed: {}\n", entry.name, cause);
  }
};

void publish(const std::string& path, const json& document) {
  OutputFile(path).publish(to_text(document));
}

void run_entry(Suite& suite, const SuiteEntry& entry, bool quiet) {
  const std::string file = entry.name + ".json";
  const std::string command =
      fmt::format("build/parlab run {} --json {}", fmt::join(entry.arguments, " "), file);
  try {
    suite.requests.push_back(parse_race(RaceVerb::run, entry.arguments));
    RaceRequest& request = suite.requests.back();
    request.options.progress =
        !quiet && isatty(STDERR_FILENO) != 0 ? ProgressStyle::one_line : ProgressStyle::none;
    json context = collect_context(command);
    suite.races.push_back(run_request(request, entry.name));
    const RaceRecord& race = suite.races.back();
    complete_context(context);
    const auto pairs = headline_pairs(*race.experiment, race.outcome.results, race.verdicts);
    const auto sentences =
        headlines({{race.experiment, &race.outcome.results, &race.verdicts, pairs}}).front();
    publish(suite.folder + "/" + file, result_json(race, context, sentences));
    suite.files.push_back(file);
    for (const Measured& result : race.outcome.results)
      if (result.failure)
        suite.fail(entry, result.entrant.label + ": " + result.failure->cause, command);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    suite.fail(entry, error.what(), command);
  }
}

void publish_summary(const Suite& suite) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - suite.begin;
  std::vector<RaceInFamily> family;
  std::vector<std::string> names;
  for (const RaceRecord& race : suite.races) {
    if (race.options.rounds < least_headline_rounds) continue;
    family.push_back({race.experiment, &race.outcome.results, &race.verdicts,
                      headline_pairs(*race.experiment, race.outcome.results, race.verdicts)});
    names.push_back(race.name + ".json");
  }
  json sentences = json::array();
  const auto all = headlines(family);
  for (std::size_t race = 0; race < all.size(); ++race) {
    for (const Headline& headline : all[race]) {
      sentences.push_back(headline_json(headline));
      sentences.back()["file"] = names[race];
    }
  }
  publish(suite.folder + "/headlines.json",
          {{"schema", headlines_schema}, {"alpha", 0.05}, {"headlines", sentences}});
  publish(suite.folder + "/suite.json",
          {{"schema", suite_schema},
           {"profile", suite.profile == Profile::quick ? "quick" : "full"},
           {"files", suite.files},
           {"failed", suite.failed},
           {"elapsed_seconds", elapsed.count()},
           {"command", suite.command}});
}

}  // namespace

int suite_command(const Arguments& arguments, const std::string& command) {
  CLI::App app("Runs every experiment and writes their result files, for the report.",
               "parlab suite");
  std::string profile = "quick";
  std::string folder;
  std::vector<std::string> only;
  bool quiet = false;
  app.add_option("--profile", profile,
                 "quick: some minutes; full: more sizes, rounds, schedules [quick]");
  app.add_option("--out", folder, "folder for the result files, made if it is missing");
  app.add_option("--only", only, "only these races, pi-backends,dispatch")->delimiter(',');
  app.add_flag("--quiet", quiet, "no progress");
  app.footer("Example: parlab suite --profile quick --out reports/out");
  if (const auto help = parse_words(app, arguments)) {
    fmt::print("{}", *help);
    return 0;
  }
  if (profile != "quick" && profile != "full")
    throw UsageError(unknown_name("profile", profile, {"quick", "full"}));
  if (folder.empty()) throw UsageError("suite: --out is missing; name a folder for the results");
  Suite suite{.folder = folder,
              .profile = profile == "quick" ? Profile::quick : Profile::full,
              .command = command};
  const auto entries = entries_of(suite.profile, only);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw UsageError(fmt::format("cannot make the folder {}: {}", folder, error.message()));
  { const OutputFile probe(folder + "/suite.json"); }  // complains now rather than after the work

  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!quiet)
      fmt::print(stderr, "[{}/{}] parlab run {}\n", i + 1, entries.size(),
                 fmt::join(entries[i].arguments, " "));
    run_entry(suite, entries[i], quiet);
  }
  publish_summary(suite);
  if (!quiet) fmt::print(stderr, "results in {}\n", folder);
  return suite.failed.empty() ? 0 : 1;
}

}  // namespace parlab
