// parlab suite: every experiment as its own suite() says, one result file each, for the report.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <list>
#include <optional>
#include <stdexcept>

#include "experiments/base/json_text.hpp"
#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/race_command.hpp"
#include "experiments/command_line/result_place.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/output_file.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"

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
  const std::vector<std::string> names = names_of(entries);
  for (const std::string& name : only) require_known("race of the suite", name, names);
  std::erase_if(entries, [&](const SuiteEntry& entry) {
    return std::ranges::find(only, entry.name) == only.end();
  });
  return entries;
}

/// The suite as it runs: races done, and what went wrong.
struct Suite {
  std::string folder;
  Profile profile;
  std::string command;
  std::list<RaceRequest> requests = {};  // own the experiments that the races refer to
  std::list<RaceRecord> races = {};
  std::vector<std::string> files = {};
  json failed = json::array();
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();

  void fail(const SuiteEntry& entry, const std::string& cause, const std::string& race_command) {
    failed.push_back({{"name", entry.name}, {"cause", cause}, {"command", race_command}});
    tell("parlab: {} failed: {}\n", entry.name, cause);
  }
};

std::string file_of(const SuiteEntry& entry) { return entry.name + ".json"; }

std::string command_of(const SuiteEntry& entry) {
  return fmt::format("build/parlab run {} --json {}", fmt::join(entry.arguments, " "),
                     file_of(entry));
}

void publish(const std::string& path, const json& document) {
  const std::string text = json_document(document);
  OutputFile(path, text.size()).publish(text);
}

/// A result that has no place in the folder: nor will those of later races.
class NoPlace : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

HeadlinePlan plan_of(const RaceRecord& race) {
  return planned_headlines(*race.experiment, race.outcome.results, race.options.rounds);
}

std::vector<Headline> headlines_of(const RaceRecord& race, int sentences) {
  return headlines(*race.experiment, race.outcome.results, race.verdicts,
                   headline_pairs(*race.experiment, race.outcome.results, race.verdicts),
                   sentences);
}

void run_entry(Suite& suite, const SuiteEntry& entry, bool quiet) {
  const std::string command = command_of(entry);
  std::optional<OutputFile> file;
  try {
    file.emplace(suite.folder + "/" + file_of(entry));  // rather now than after the race
  } catch (const UsageError& error) {
    throw NoPlace(error.what());
  }
  try {
    suite.requests.push_back(parse_race(RaceVerb::run, entry.arguments));
    RaceRequest& request = suite.requests.back();
    request.options.progress =
        !quiet && isatty(STDERR_FILENO) != 0 ? ProgressStyle::one_line : ProgressStyle::none;
    json context = collect_context(command);
    suite.races.push_back(run_request(request, entry.name));
    const RaceRecord& race = suite.races.back();
    complete_context(context);
    const int planned = plan_of(race).sentences;
    const json document = result_json(race, context, headlines_of(race, planned), planned);
    try {
      publish_or_rescue(*file, json_document(document));
    } catch (const std::exception& error) {
      throw NoPlace(error.what());
    }
    suite.files.push_back(file_of(entry));
    for (const Measured& result : race.outcome.results)
      if (result.failure)
        suite.fail(entry, result.entrant.label + ": " + result.failure->cause, command);
  } catch (const Interrupted&) {
    throw;
  } catch (const NoPlace&) {
    throw;
  } catch (const std::exception& error) {
    suite.fail(entry, error.what(), command);
  }
}

json summary_of(const Suite& suite) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - suite.begin;
  return {{"schema", suite_schema},
          {"profile", suite.profile == Profile::quick ? "quick" : "full"},
          {"files", suite.files},
          {"failed", suite.failed},
          {"elapsed_seconds", elapsed.count()},
          {"command", suite.command}};
}

/// Those of the races whose files are there and whose rounds allow any.
json headlines_of(const Suite& suite) {
  std::vector<const RaceRecord*> there;
  std::vector<HeadlinePlan> plans;
  for (const RaceRecord& race : suite.races) {
    if (std::ranges::find(suite.files, race.name + ".json") == suite.files.end()) continue;
    there.push_back(&race);
    plans.push_back(plan_of(race));
  }
  const std::vector<bool> kept = with_headlines(plans);
  int planned = 0;
  for (std::size_t i = 0; i < plans.size(); ++i)
    if (kept[i]) planned += plans[i].sentences;
  json sentences = json::array();
  for (std::size_t i = 0; i < there.size(); ++i) {
    if (!kept[i]) continue;
    for (const Headline& headline : headlines_of(*there[i], planned)) {
      sentences.push_back(headline_json(headline));
      sentences.back()["file"] = there[i]->name + ".json";
    }
  }
  return {{"schema", headlines_schema},
          {"alpha", 0.05},
          {"sentences", planned},
          {"headlines", sentences}};
}

/// What has been done so far, as a suite that can be reported. False where it could not be written.
bool publish_summary(const Suite& suite) {
  try {
    publish(suite.folder + "/headlines.json", headlines_of(suite));
    publish(suite.folder + "/suite.json", summary_of(suite));
    return true;
  } catch (const std::exception& error) {
    tell("parlab: {}\n", error.what());
    return false;
  }
}

/// Names the races that were not run, and publishes what there is. Where that is nothing, an
/// earlier suite in the folder stays as it is.
void end_early(Suite& suite, const std::vector<SuiteEntry>& entries, const std::string& why) {
  if (suite.files.empty()) {
    tell("parlab: {}; nothing was written\n", why);
    return;
  }
  for (const SuiteEntry& entry : entries) {
    const bool told =
        std::ranges::find(suite.files, file_of(entry)) != suite.files.end() ||
        std::ranges::any_of(suite.failed, [&](const json& f) { return f["name"] == entry.name; });
    if (!told)
      suite.failed.push_back(
          {{"name", entry.name}, {"cause", why}, {"command", command_of(entry)}});
  }
  publish_summary(suite);
  tell("parlab: {}; {} of {} races are in {}\n", why, suite.files.size(), entries.size(),
       suite.folder);
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
    write_stdout(*help);
    return 0;
  }
  require_known("profile", profile, {"quick", "full"});
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

  const InterruptionGuard interruption;
  try {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      interruption.check();
      if (!quiet)
        tell("[{}/{}] parlab run {}\n", i + 1, entries.size(),
             fmt::join(entries[i].arguments, " "));
      run_entry(suite, entries[i], quiet);
    }
  } catch (const Interrupted& interrupted) {
    end_early(suite, entries, "interrupted");
    return 128 + interrupted.signal();
  } catch (const NoPlace& error) {
    end_early(suite, entries, error.what());
    return 1;
  }
  if (!publish_summary(suite)) return 1;
  if (!quiet) tell("results in {}\n", folder);
  return suite.failed.empty() ? 0 : 1;
}

}  // namespace parlab
