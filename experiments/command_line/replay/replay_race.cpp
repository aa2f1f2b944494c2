#include "experiments/command_line/replay/replay_race.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "experiments/command_line/race/running_race.hpp"
#include "experiments/history/history_place.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/recorded_command.hpp"
#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

constexpr double alpha = 0.05;

/// Variables that set up a runtime. Others of the same libraries name files to load (OMP_TOOL_LIBRARIES).
constexpr std::array<std::string_view, 10> harmless_variables = {
    "OMP_WAIT_POLICY=", "OMP_PROC_BIND=", "OMP_PLACES=",     "OMP_DYNAMIC=",   "OMP_SCHEDULE=",
    "OMP_NUM_THREADS=", "OMP_STACKSIZE=", "GOMP_SPINCOUNT=", "KMP_BLOCKTIME=", "KMP_AFFINITY="};

/// Throws UsageError where the command asks for what only its author should run.
void require_harmless(const RecordedCommand& command) {
  if (command.experiment == "own")
    throw UsageError(
        "it compiles and runs a file of its author's: race it yourself, by parlab run own");
  for (const auto& [name, value] : command.options) {
    const std::string variable = value.value_or("");
    const auto is_of = [&](std::string_view begin) { return variable.starts_with(begin); };
    if (name == "--env" && std::ranges::none_of(harmless_variables, is_of))
      throw UsageError(fmt::format("it sets {}: not replayed", variable));
  }
}

/// Why this machine cannot run what a claim is on: it has fewer cores; "" where it can.
std::string shortage_of(const Claim& claim) {
  for (const ClaimedArm* arm : {&claim.arm, &claim.base})
    if (arm->workers > usable_cores())
      return fmt::format("{} takes {} cores; here are {}", arm->label, arm->workers,
                         usable_cores());
  return "";
}

/// Those of the claims that this machine can tell.
std::vector<const ClaimedArm*> arms_of(const ClaimedRace& race) {
  std::vector<const ClaimedArm*> arms;
  for (const Claim& claim : race.claims)
    if (shortage_of(claim).empty()) arms.insert(arms.end(), {&claim.arm, &claim.base});
  return arms;
}

/// The race's words for this machine: the backends and workers that its claims are on.
RecordedCommand words_here(const ClaimedRace& race) {
  auto command = recorded_command(race.command);
  if (!command) throw UsageError("it runs no experiment of parlab's");
  require_harmless(*command);
  std::set<std::string> backends_needed, workers;
  for (const ClaimedArm* arm : arms_of(race)) {
    if (arm->backend == "serial" || find_entry(backends(), arm->backend) == nullptr) continue;
    backends_needed.insert(arm->schedule.empty() ? arm->backend
                                                 : arm->backend + ":" + arm->schedule);
    workers.insert(fmt::to_string(arm->workers));
  }
  if (backends_needed.empty()) return *command;
  // The order of backends matters where the first is the baseline.
  if (command->verb == "run" && command->value("--baseline").value_or("serial") == "serial") {
    command->remove("--backend");
    command->add("--backend", fmt::format("{}", fmt::join(backends_needed, ",")));
  }
  command->remove("--workers");
  command->add("--workers", fmt::format("{}", fmt::join(workers, ",")));
  return *command;
}

/// Those that are claimed on, with the baselines of their groups.
std::vector<Entrant> needed_of(const std::vector<Entrant>& entrants, const ClaimedRace& race) {
  std::set<std::string> labels, groups;
  for (const ClaimedArm* arm : arms_of(race)) labels.insert(arm->label);
  for (const Entrant& entrant : entrants)
    if (labels.contains(entrant.label)) groups.insert(entrant.group);
  std::vector<Entrant> needed;
  std::vector<std::size_t> place(entrants.size());
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    const Entrant& entrant = entrants[i];
    const bool is_baseline = entrant.role != Role::arm && groups.contains(entrant.group);
    place[i] = needed.size();
    if (is_baseline || labels.contains(entrant.label)) needed.push_back(entrant);
  }
  for (Entrant& entrant : needed) entrant.baseline = place[entrant.baseline];
  return needed;
}

std::optional<std::size_t> result_of(const std::vector<Measured>& results,
                                     const std::string& label) {
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i].entrant.label == label) return i;
  return std::nullopt;
}

ReplayedClaim replayed(const Claim& claim, const RaceRecord& record, int claims) {
  if (const std::string why = shortage_of(claim); !why.empty()) return {.why = why};
  const auto& results = record.outcome.results;
  const auto arm = result_of(results, claim.arm.label), base = result_of(results, claim.base.label);
  if (!arm || !base)
    return {.why = fmt::format("there is no {} here", !arm ? claim.arm.label : claim.base.label)};
  for (const std::size_t i : {*arm, *base})
    if (results[i].failure || results[i].samples.empty())
      return {.why = fmt::format("{} failed", results[i].entrant.label)};
  const Rule rule{.alpha = alpha / claims,
                  .guard = width_of(record.verdicts.guards, results[*arm].entrant.baseline)};
  const Comparison here = compare(results[*base], results[*arm], rule, record.verdicts.dependence);
  return {.outcome = outcome_of(claim.verdict, here), .here = here};
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  return outcome == Outcome::holds   ? "holds"
         : outcome == Outcome::turns ? "turns"
                                     : "cannot be told";
}

Outcome outcome_of(const std::string& verdict, const Comparison& here) {
  if (here.verdict == Verdict::not_resolved || here.verdict == Verdict::too_few_rounds)
    return Outcome::cannot_tell;
  if (to_string(here.verdict) == verdict) return Outcome::holds;
  // A difference too small to choose by, in the direction that is claimed, is neither.
  const bool leans_so = (verdict == "faster" && here.ratio > 1) ||
                        (verdict == "slower" && here.ratio < 1) || verdict == "equivalent";
  return here.verdict == Verdict::differs && leans_so ? Outcome::cannot_tell : Outcome::turns;
}

ReplayedRace replay_race(const ClaimedRace& race, std::chrono::duration<double> patience,
                         int claims, ProgressStyle progress,
                         const InterruptionGuard& interruption) {
  ReplayedRace replay;
  const auto none = [&](const std::string& why) {
    replay.claims.assign(race.claims.size(), {.why = why});
    return replay;
  };
  try {
    if (arms_of(race).empty()) return none(shortage_of(race.claims.front()));
    const RecordedCommand command = words_here(race);
    RaceRequest request =
        parse_race(command.verb == "run" ? RaceVerb::run : RaceVerb::compare, command.words());
    if (!request.help.empty()) return none("it runs no race");
    request.entrants = needed_of(request.entrants, race);
    if (request.entrants.empty()) return none("none of its arms is here");
    require_ranks(request);
    request.options.until_decided = true;
    request.options.rounds = last_look;
    request.options.budget.reset();
    request.options.patience = patience;
    request.options.progress = progress;
    nlohmann::json context = collect_context("parlab replay " + race.file);
    RunningRace running(race.name, std::move(request), interruption);
    running.join_family(claims);
    running.run();
    complete_context(context);
    const RaceRecord record = running.record();
    replay.rounds = running.rounds();
    replay.seconds = running.elapsed_seconds();
    for (const Measured& result : record.outcome.results)
      if (result.failure && replay.failure.empty())
        replay.failure = fmt::format("{}: {}", result.entrant.label, result.failure->cause);
    for (const Claim& claim : race.claims) replay.claims.push_back(replayed(claim, record, claims));
    keep_in_history(result_json(record, context, {}, 0), "replay");
    return replay;
  } catch (const UsageError& error) {
    return none(error.what());
  }
}

}  // namespace parlab
