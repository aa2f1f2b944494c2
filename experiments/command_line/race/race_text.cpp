#include "experiments/command_line/race/race_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/base/json_text.hpp"
#include "experiments/base/table.hpp"
#include "experiments/command_line/race/running_race.hpp"
#include "experiments/command_line/race/verdict_cells.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "experiments/options/duration.hpp"

namespace parlab {
namespace {

/// Bytes of an answer in the table.
constexpr std::size_t longest_answer = 60;

using PerRun = double Workload::*;

bool has_rate(const std::vector<Measured>& results, PerRun per_run) {
  return std::ranges::any_of(
      results, [&](const Measured& result) { return result.entrant.arm.workload.*per_run > 0; });
}

/// In 1e9 a second, by the median.
std::string rate_text(const Measured& result, PerRun per_run) {
  const double work = result.entrant.arm.workload.*per_run;
  if (!(work > 0) || result.samples.empty()) return "-";
  return fmt::format("{:.3g}", 1e-9 * work / median(result.seconds()));
}

/// "A/A: 1 of 4 baselines differs from itself, no more than chance gives": empty where none does.
std::string calibration_text(const std::vector<Guard>& guards, double alpha) {
  // The others had too few rounds to differ.
  const auto bounded = std::ranges::count_if(
      guards, [](const Guard& g) { return g.comparison.verdict != Verdict::too_few_rounds; });
  const auto biased = std::ranges::count_if(guards, [](const Guard& g) { return g.width > 0; });
  if (biased == 0) return "";
  const Calibration found = calibration(static_cast<int>(bounded), static_cast<int>(biased), alpha);
  return fmt::format("A/A: {} of {} baselines {} from itself beyond its interval, {}.\n",
                     found.excluding_one, found.pairs,
                     found.excluding_one == 1 ? "differs" : "differ",
                     found.chance < alpha ? "more than chance gives: see parlab doctor"
                                          : "no more than chance gives");
}

/// What a table's reader may ask for where arms have no verdict; empty where all have one.
std::string shortage_text(const RaceVerdicts& verdicts) {
  const Comparison* shortest = nullptr;
  for (const auto& against : verdicts.against_baseline)
    if (against && against->comparison.verdict == Verdict::too_few_rounds &&
        (!shortest || shortest->rounds_needed < against->comparison.rounds_needed))
      shortest = &against->comparison;
  if (!shortest) return "";
  return fmt::format("Too few rounds for verdicts: {} of {} needed; ask for more with --rounds.\n",
                     shortest->rounds_taken, shortest->rounds_needed);
}

/// How many rounds of each arm, and how long, would narrow what is not resolved to the margin;
/// empty where all have a verdict.
std::string power_text(const RaceRecord& race) {
  int rounds = 0;
  int unresolved = 0;
  int hopeless = 0;
  for (const auto& against : race.verdicts.against_baseline) {
    if (!against || against->comparison.verdict != Verdict::not_resolved) continue;
    ++unresolved;
    if (against->comparison.rounds_to_tell == 0) ++hopeless;
    rounds = std::max(rounds, against->comparison.rounds_to_tell);
  }
  if (unresolved == 0) return "";
  std::string text =
      "Not resolved: the arm may be as fast as its baseline, or differ by less than the race would "
      "detect.\n";
  const int taken = race.outcome.rounds();
  if (rounds > taken && taken > 0)
    text += fmt::format("To detect {:.0f} %: --rounds {}, about {} in total.\n", 100 * margin,
                        rounds, duration_words(race.outcome.elapsed_seconds / taken * rounds));
  if (hopeless > 0)
    text += fmt::format(
        "{} of {} would need more than 1000 rounds to detect {:.0f} %: the noise, or the bias in "
        "A/A, is too large.\n",
        hopeless, unresolved, 100 * margin);
  return text;
}

/// What "beside load" means in the table; empty where no arm is.
std::string load_text(const std::vector<Measured>& results) {
  const auto share_had = [](const Measured& result) {
    return processors_had(result) / result.entrant.arm.executor.workers;
  };
  const Measured* poorest = nullptr;
  for (const Measured& result : results)
    if (beside_load(result) && (!poorest || share_had(result) < share_had(*poorest)))
      poorest = &result;
  if (!poorest) return "";
  return fmt::format(
      "Beside load: other programs, or the hypervisor, took processors from arms: {} ran on {:.1f} "
      "of {}.\nVerdicts on these arms hold beside that load, not on a quiet machine.\n",
      poorest->entrant.label, processors_had(*poorest), poorest->entrant.arm.executor.workers);
}

}  // namespace

Table backend_table(const RaceRecord& race) {
  std::vector<double> medians;
  for (const Measured& result : race.outcome.results)
    if (const auto values = result.compared_values(); !values.empty())
      medians.push_back(median(values));
  const TimeUnit unit = time_unit_for(medians);
  const std::string& metric = race.options.metric.name;
  std::vector<Table::Column> heads = {
      {"arm"},
      {"grain", Table::Align::right},
      {fmt::format("{} [{}]", metric.empty() ? "median" : metric, unit.name), Table::Align::right},
      {metric.empty() ? "speed-up" : "ratio", Table::Align::right},
      {"95 % interval", Table::Align::right},
      {"verdict"}};
  const bool has_bytes = has_rate(race.outcome.results, &Workload::bytes_per_run);
  const bool has_flops = has_rate(race.outcome.results, &Workload::flops_per_run);
  if (has_bytes) heads.push_back({"GB/s", Table::Align::right});
  if (has_flops) heads.push_back({"GFLOP/s", Table::Align::right});
  const bool has_loads = has_rate(race.outcome.results, &Workload::loads_per_run);
  if (has_loads) heads.push_back({"ns/load", Table::Align::right});
  heads.push_back({"answer", Table::Align::right});
  Table table(std::move(heads));
  for (std::size_t i = 0; i < race.outcome.results.size(); ++i) {
    const Measured& result = race.outcome.results[i];
    const auto& against = race.verdicts.against_baseline[i];
    std::vector<std::string> cells = {result.entrant.label,
                                      fmt::to_string(result.entrant.arm.grain)};
    const auto values = result.compared_values();
    cells.push_back(values.empty() ? "-" : fmt::format("{:.3f}", median(values) * unit.per_second));
    cells.push_back(against ? fmt::format("{:.3g}", against->comparison.ratio) : "-");
    cells.push_back(against ? interval_text(against->comparison.interval) : "-");
    cells.push_back(verdict_cell(result, against));
    if (has_bytes) cells.push_back(rate_text(result, &Workload::bytes_per_run));
    if (has_flops) cells.push_back(rate_text(result, &Workload::flops_per_run));
    if (has_loads) {
      const auto load = load_seconds(result);
      cells.push_back(load ? fmt::format("{:.3g}", 1e9 * *load) : "-");
    }
    // Of an answer that also holds data for a figure, what was answered.
    const Answer answer =
        result.answer.is_object() ? result.answer.value("got", result.answer) : result.answer;
    cells.push_back(answer.is_null() ? "-" : told_answer(answer, longest_answer));
    table.add(std::move(cells));
  }
  return table;
}

std::string race_text(const RaceRecord& race, const Table& table,
                      const std::vector<Headline>& headlines) {
  std::string text = fmt::format("{}\n{}\n", race.experiment->question(), table.text());
  for (const Headline& headline : headlines) text += headline.sentence + ".\n";
  for (const Remark& remark : remarks(*race.experiment, race.outcome.results))
    text += remark.sentence + ".\n";
  if (const auto scaling = scaling_of(race)) text += scaling_text(*scaling);
  text += load_text(race.outcome.results);
  text += shortage_text(race.verdicts);
  text += power_text(race);
  text += calibration_text(race.verdicts.guards, race.alpha);
  for (const Guard& guard : race.verdicts.guards)
    if (guard.width > 0)
      text += fmt::format(
          "{} against itself gave {:.3g}x {}: intervals beside it are wider by {:.2g} %.\n",
          race.outcome.results[guard.baseline].entrant.label, guard.comparison.ratio,
          interval_text(guard.comparison.interval), 100 * std::expm1(guard.width));
  return text;
}

std::string open_text(const RunningRace& running, const RaceRecord& race) {
  const int rounds = race.outcome.rounds();
  if (race.stopped == Stop::interrupted)
    return fmt::format("Interrupted after {} of {} rounds; the table holds these rounds.\n", rounds,
                       race.options.rounds);
  if (!race.options.until_decided) return "";
  const OpenQuestions open = running.undecided();
  if (!open.any())
    return fmt::format("Every comparison is decided, after {} rounds in {}.\n", rounds,
                       duration_words(race.outcome.elapsed_seconds));
  const OpenQuestions can_go_on = running.look();
  const double seconds = running.seconds_to_decide(can_go_on);
  return fmt::format(
      "{} after {} rounds in {}; still open: {} {}, {} {}{}. {}\n",
      race.stopped == Stop::budget ? "The budget ended" : "The race ended", rounds,
      duration_words(race.outcome.elapsed_seconds), open.headlines,
      open.headlines == 1 ? "sentence" : "sentences", open.rows, open.rows == 1 ? "row" : "rows",
      open.limits > 0 ? fmt::format(", --fail-on of {}", open.limits) : std::string(),
      !can_go_on.any()
          ? std::string("Their arms had retired when intervals became wider: run again.")
      : std::isfinite(seconds)
          ? fmt::format("About {} more should decide them.", duration_words(seconds))
          : std::string("Some are too close to call yet."));
}

}  // namespace parlab
