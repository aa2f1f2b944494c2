#include "experiments/command_line/race_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "experiments/command_line/table.hpp"
#include "experiments/measure/context.hpp"
#include "experiments/measure/output_file.hpp"
#include "kernels/errors.hpp"

namespace parlab {
namespace {

/// The place of --json that means standard output.
constexpr char to_stdout[] = "-";

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::string interval_text(const Interval& interval) {
  const auto end = [](double value) {
    return std::isfinite(value) && value > 0 ? fmt::format("{:.3g}", value) : std::string("?");
  };
  return fmt::format("[{}, {}]", end(interval.low), end(interval.high));
}

std::string table_text(const RaceRecord& race) {
  std::vector<double> medians;
  for (const Measured& result : race.outcome.results)
    if (!result.samples.empty()) medians.push_back(median(result.seconds()));
  const TimeUnit unit = time_unit_for(medians);
  Table table({{"arm"},
               {"grain", Table::Align::right},
               {fmt::format("median [{}]", unit.name), Table::Align::right},
               {"speed-up", Table::Align::right},
               {"95 % interval", Table::Align::right},
               {"verdict"},
               {"answer", Table::Align::right}});
  for (std::size_t i = 0; i < race.outcome.results.size(); ++i) {
    const Measured& result = race.outcome.results[i];
    const auto& against = race.verdicts.against_baseline[i];
    std::vector<std::string> cells = {result.entrant.label,
                                      fmt::to_string(result.entrant.arm.grain)};
    cells.push_back(result.samples.empty()
                        ? "-"
                        : fmt::format("{:.3f}", median(result.seconds()) * unit.per_second));
    cells.push_back(against ? fmt::format("{:.3g}", against->comparison.ratio) : "-");
    cells.push_back(against ? interval_text(against->comparison.interval) : "-");
    if (result.failure) {
      cells.push_back("FAILED");
    } else if (result.entrant.arm.what.paced) {
      cells.emplace_back("-");  // its time is others'
    } else if (result.entrant.role == Role::arm && against) {
      cells.push_back(verdict_text(against->comparison));
    } else {
      cells.emplace_back(result.entrant.role == Role::baseline ? "baseline" : "A/A");
    }
    // Of an answer that also holds data for a figure, what was answered.
    const Answer answer =
        result.answer.is_object() ? result.answer.value("got", result.answer) : result.answer;
    cells.push_back(answer.is_null() ? "-" : answer.dump());
    table.add(std::move(cells));
  }
  return table.text();
}

/// "1 of 4 baselines differs from itself, which is what chance gives": empty where none ran twice.
std::string calibration_text(const std::vector<Guard>& guards, double alpha) {
  const auto biased = std::ranges::count_if(guards, [](const Guard& g) { return g.width > 0; });
  const Calibration found =
      calibration(static_cast<int>(guards.size()), static_cast<int>(biased), alpha);
  if (found.excluding_one == 0) return "";
  return fmt::format("A/A: {} of {} baselines {} from itself beyond its interval, {}.\n",
                     found.excluding_one, found.pairs,
                     found.excluding_one == 1 ? "differs" : "differ",
                     found.chance < alpha ? "more than chance gives: see parlab doctor"
                                          : "no more than chance gives");
}

/// What a person reads: the table, the sentences, the baselines that show a bias, the arms that
/// failed.
void print_race(const RaceRecord& race, const std::vector<Headline>& headlines, std::FILE* out) {
  fmt::print(out, "{}\n{}\n", race.experiment->question(), table_text(race));
  for (const Headline& headline : headlines) fmt::print(out, "{}.\n", headline.sentence);
  for (const Remark& remark : remarks(*race.experiment, race.outcome.results))
    fmt::print(out, "{}.\n", remark.sentence);
  fmt::print(out, "{}", calibration_text(race.verdicts.guards, race.alpha));
  for (const Guard& guard : race.verdicts.guards)
    if (guard.width > 0)
      fmt::print(out,
                 "{} against itself gave {:.3g}x {}: intervals beside it are wider by {:.2g} %.\n",
                 race.outcome.results[guard.baseline].entrant.label, guard.comparison.ratio,
                 interval_text(guard.comparison.interval), 100 * std::expm1(guard.width));
  for (const Measured& result : race.outcome.results)
    if (result.failure)
      fmt::print(
          stderr, "parlab: {} failed{}: {}\n", result.entrant.label,
          result.failure->round ? fmt::format(" in round {}", *result.failure->round + 1) : "",
          result.failure->cause);
}

}  // namespace

RaceRecord run_request(RaceRequest& request, const std::string& name) {
  RaceRecord race{name, request.experiment.get(), request.options, {}, {}};
  race.outcome = run_race(*request.experiment, std::move(request.entrants), request.options);
  race.verdicts = judge(race.outcome.results, race.alpha);
  return race;
}

int race_command(RaceVerb verb, const std::vector<std::string>& arguments,
                 const std::string& command) {
  RaceRequest request = parse_race(verb, arguments);
  if (!request.help.empty()) {
    fmt::print("{}", request.help);
    return 0;
  }
  std::optional<OutputFile> file;
  if (!request.json.empty() && request.json != to_stdout) file.emplace(request.json);
  const bool stdout_taken = request.json == to_stdout;
  if (stdout_taken && request.experiment->has_product())
    throw UsageError("--json - and --list both want stdout; write the result to a file");
  std::FILE* people = stdout_taken || request.experiment->has_product() ? stderr : stdout;

  nlohmann::json context = collect_context(command);
  const RaceRecord race = run_request(request, arguments[0]);
  complete_context(context);
  const auto& results = race.outcome.results;
  const auto pairs = verb == RaceVerb::compare
                         ? baseline_pairs(results, race.verdicts)
                         : headline_pairs(*race.experiment, results, race.verdicts);
  const auto sentences = headlines({{race.experiment, &results, &race.verdicts, pairs}}).front();
  if (!request.quiet) print_race(race, sentences, people);
  if (race.outcome.ok()) race.experiment->print_product(stdout);
  if (!request.json.empty()) {
    const std::string text = to_text(result_json(race, context, sentences));
    if (file)
      file->publish(text);
    else
      fmt::print("{}", text);
  }
  return race.outcome.ok() ? 0 : 1;
}

}  // namespace parlab
