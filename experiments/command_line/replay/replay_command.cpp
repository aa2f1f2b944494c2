// parlab replay: another's report, sentence by sentence, on this machine.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "experiments/base/json_text.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/race/verdict_cells.hpp"
#include "experiments/command_line/replay/replay_race.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/result_file.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/help_table.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int turned_code = 3, untold_code = 4;

/// Of each race with a claim, where nobody asks for another.
constexpr std::chrono::seconds usual_seconds_a_race{8};

std::string here_text(const ReplayedClaim& claim) {
  if (!claim.here) return claim.why;
  return fmt::format("{}, {:.3g}x {}", verdict_text(*claim.here), claim.here->ratio,
                     interval_text(claim.here->interval));
}

std::string race_text(const ClaimedRace& race, const ReplayedRace& replay) {
  std::string text = fmt::format(
      "{}{}\n", race.file,
      replay.rounds > 0
          ? fmt::format(", {} rounds here in {}", replay.rounds, duration_words(replay.seconds))
          : std::string());
  for (std::size_t i = 0; i < race.claims.size(); ++i)
    text += fmt::format("  {:<15} {}\n  {:<15} here: {}\n", to_string(replay.claims[i].outcome),
                        as_utf8(race.claims[i].sentence), "", here_text(replay.claims[i]));
  if (!replay.failure.empty()) text += fmt::format("  FAILED          {}\n", replay.failure);
  return text;
}

json race_json(const ClaimedRace& race, const ReplayedRace& replay) {
  json sentences = json::array();
  for (std::size_t i = 0; i < race.claims.size(); ++i) {
    const ReplayedClaim& claim = replay.claims[i];
    json here = nullptr;
    if (claim.here) here = headline_json({{0, 0}, *claim.here, ""});
    if (claim.here)
      for (const char* name : {"sentence", "result", "against", "choices"}) here.erase(name);
    sentences.push_back({{"sentence", race.claims[i].sentence},
                         {"verdict", race.claims[i].verdict},
                         {"ratio", race.claims[i].ratio},
                         {"outcome", to_string(claim.outcome)},
                         {"why", claim.why},
                         {"here", here}});
  }
  return {{"file", race.file},
          {"name", race.name},
          {"rounds", replay.rounds},
          {"seconds", replay.seconds},
          {"failure", replay.failure.empty() ? json() : json(replay.failure)},
          {"undecided_there", race.undecided},
          {"sentences", sentences}};
}

struct Counts {
  int holds = 0, turns = 0, untold = 0, undecided = 0, failed = 0;

  void add(const ClaimedRace& race, const ReplayedRace& replay) {
    for (const ReplayedClaim& claim : replay.claims)
      ++(claim.outcome == Outcome::holds   ? holds
         : claim.outcome == Outcome::turns ? turns
                                           : untold);
    failed += replay.failure.empty() ? 0 : 1;
    undecided += race.undecided;
  }
  std::string text() const {
    return fmt::format(
        "{} {}, {} {}, {} cannot be told here{}.\n", holds, holds == 1 ? "holds" : "hold", turns,
        turns == 1 ? "turns" : "turn", untold,
        undecided == 0 ? std::string() : fmt::format("; {} had no verdict there", undecided));
  }
};

}  // namespace

int replay_command(const Arguments& arguments, const std::string& command) {
  CLI::App app(
      "Repeats another's report on this machine: of each sentence it says whether it holds here, "
      "turns, "
      "or cannot be told.",
      "parlab replay");
  std::vector<std::string> reports;
  std::string budget, json_words;
  bool fails_untold = false, quiet = false;
  app.add_option("REPORT", reports, "a report's folder, its REPORT.md, or one result file")
      ->type_name(file_type);
  app.add_option(
         "--budget", budget,
         fmt::format("time for all races, as in 5min; the first rounds of each race that is "
                     "begun are run to their end [{} s per race]",
                     usual_seconds_a_race.count()))
      ->check(complaint_on_empty);
  app.add_flag("--fail-on-unresolved", fails_untold,
               "exit code 4 where a sentence cannot be told here and none turns");
  app.add_option("--json", json_words, "writes what became of each sentence; - for stdout")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.add_flag("--quiet", quiet, "no text, no progress");
  app.footer(
      "Only parlab's own experiments are run: not commands, own kernels or variables that a file "
      "names.\nExit codes: 0 no sentence turns; 1 an arm failed here, or a file cannot be read; 3 "
      "one "
      "turns.\nExample: parlab replay reports/sample --budget 5min");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (reports.size() != 1)
    throw UsageError("replay: name one report, as in parlab replay reports/sample");
  const bool is_limited = !budget.empty();
  std::chrono::duration<double> total{0};
  if (is_limited) total = parse_duration("--budget", budget, max_budget);
  const ClaimedReport report = read_claims(reports[0]);
  int claims = 0;
  std::size_t races_left = 0;
  for (const ClaimedRace& race : report.races) {
    claims += static_cast<int>(race.claims.size());
    races_left += race.claims.empty() ? 0 : 1;
  }
  const InterruptionGuard interruption;
  ResultPlace place(json_words);
  const bool prints = !quiet && !place.is_stdout();
  for (const std::string& fault : report.faults) tell("parlab: {}; it is left out\n", fault);
  const ProgressStyle progress =
      !quiet && isatty(STDERR_FILENO) != 0 ? ProgressStyle::one_line : ProgressStyle::none;
  json document = {{"schema", "parlab/1-replay"},
                   {"context", collect_context(command)},
                   {"report", as_utf8(reports[0])},
                   {"faults", report.faults},
                   {"races", json::array()}};
  Counts counts;
  const Clock::time_point begin = Clock::now();
  for (const ClaimedRace& race : report.races) {
    ReplayedRace replay;
    std::chrono::duration<double> share = usual_seconds_a_race;
    if (is_limited)
      share = (total - (Clock::now() - begin)) / std::max(1.0, static_cast<double>(races_left));
    if (!race.claims.empty() && share.count() <= 0)
      replay.claims.assign(race.claims.size(), {.why = "the budget had ended"});
    else if (!race.claims.empty())
      replay = replay_race(race, share, claims, progress, interruption);
    if (!race.claims.empty()) --races_left;
    counts.add(race, replay);
    document["races"].push_back(race_json(race, replay));
    if (prints && !race.claims.empty()) {
      write_stdout(race_text(race, replay));
      flush_stdout();
    }
  }
  complete_context(document["context"]);
  if (place) place.deliver(document);
  if (prints) write_stdout(counts.text());
  if (counts.failed > 0 || !report.faults.empty()) return 1;
  if (counts.turns > 0) return turned_code;
  return fails_untold && counts.untold > 0 ? untold_code : 0;
}

}  // namespace parlab
