#include "experiments/command_line/commands/command_table.hpp"

#include <fmt/format.h>

#include <string_view>

#include "experiments/base/table.hpp"
#include "experiments/command_line/race/verdict_cells.hpp"
#include "experiments/measure/verdicts/statistics.hpp"

namespace parlab {
namespace {

/// Median over the rounds of a command's own number.
double median_of(const Measured& result, const std::string& name) {
  std::vector<double> values;
  for (const Sample& sample : result.samples) values.push_back(sample.metrics.at(name));
  return median(std::move(values));
}

std::string count_text(double count) {
  return count < 1e5 ? fmt::format("{:.0f}", count) : fmt::format("{:.3g}", count);
}

/// Less of the others is no speed: "faster" is "less".
std::string in_words_of(const std::string& quantity, std::string verdict) {
  if (quantity == "time" || quantity == "CPU time") return verdict;
  for (const auto& [speed, amount] :
       {std::pair<std::string_view, std::string_view>("faster", "less"),
        std::pair<std::string_view, std::string_view>("slower", "more")})
    if (verdict.starts_with(speed)) verdict.replace(0, speed.size(), amount);
  return verdict;
}

}  // namespace

Table command_table(const RaceRecord& race) {
  std::vector<double> medians;
  for (const Measured& result : race.outcome.results)
    if (!result.samples.empty()) medians.push_back(median(result.seconds()));
  const TimeUnit unit = time_unit_for(medians);
  const std::string quantity = race.experiment->quantity();
  const auto right = Table::Align::right;
  Table table({{"command"},
               {fmt::format("median [{}]", unit.name), right},
               {fmt::format("CPU [{}]", unit.name), right},
               {"peak [MB]", right},
               {"switches", right},
               {"faults", right},
               {quantity == "time" ? "speed-up" : quantity + " ratio", right},
               {"95 % interval", right},
               {"verdict"}});
  for (std::size_t i = 0; i < race.outcome.results.size(); ++i) {
    const Measured& result = race.outcome.results[i];
    const auto& against = race.verdicts.against_baseline[i];
    std::vector<std::string> cells = {result.entrant.label};
    if (result.samples.empty()) {
      cells.insert(cells.end(), 5, "-");
    } else {
      cells.push_back(fmt::format("{:.3f}", median(result.seconds()) * unit.per_second));
      cells.push_back(fmt::format("{:.3f}", median_of(result, "cpu_seconds") * unit.per_second));
      cells.push_back(fmt::format("{:.1f}", median_of(result, "peak_bytes") * 1e-6));
      cells.push_back(count_text(median_of(result, "context_switches")));
      cells.push_back(count_text(median_of(result, "page_faults")));
    }
    cells.push_back(against ? fmt::format("{:.3g}", against->comparison.ratio) : "-");
    cells.push_back(against ? interval_text(against->comparison.interval) : "-");
    cells.push_back(in_words_of(quantity, verdict_cell(result, against)));
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace parlab
