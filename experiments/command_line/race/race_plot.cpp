#include "experiments/command_line/race/race_plot.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "experiments/base/terminal.hpp"

namespace parlab {
namespace {

/// A plot of more no longer fits a screen together with what stands above it.
constexpr std::size_t max_rows = 24;

/// A label may be a command of several lines.
std::string on_one_line(std::string label) {
  for (char& letter : label)
    if (static_cast<unsigned char>(letter) < 0x20) letter = ' ';
  return label;
}

std::vector<PlotRow> rows_of(const RaceRecord& race) {
  std::vector<PlotRow> rows;
  for (std::size_t i = 0; i < race.outcome.results.size(); ++i) {
    const Measured& result = race.outcome.results[i];
    const auto& against = race.verdicts.against_baseline[i];
    if (!against || result.failure || result.entrant.arm.workload.externally_timed) continue;
    const Comparison& comparison = against->comparison;
    rows.push_back({.label = on_one_line(result.entrant.label),
                    .ratio = comparison.ratio,
                    .low = comparison.interval.low,
                    .high = comparison.interval.high,
                    .is_decided = !is_open(comparison)});
  }
  return rows;
}

/// The rows of the largest ratios, in the order they have.
std::vector<PlotRow> largest(const std::vector<PlotRow>& rows, std::size_t count) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return rows[a].ratio > rows[b].ratio; });
  order.resize(std::min(count, order.size()));
  std::ranges::sort(order);
  std::vector<PlotRow> kept;
  for (const std::size_t i : order) kept.push_back(rows[i]);
  return kept;
}

}  // namespace

std::string race_plot(const RaceRecord& race, const PlotStyle& style) {
  const std::vector<PlotRow> rows = rows_of(race);
  if (rows.empty()) return "";
  const std::string quantity = quantity_of(race.options.metric, race.experiment->quantity());
  std::string head = quantity == "time" ? "Speed-up" : fmt::format("Ratio of {}", quantity);
  head += fmt::format(" with its 95 % interval; hollow ({}): not decided",
                      style.is_unicode ? "○" : "o");
  if (rows.size() > max_rows) head += fmt::format("; the {} largest of {}", max_rows, rows.size());
  return fmt::format("\n{}.\n{}", head, interval_plot(largest(rows, max_rows), style));
}

bool wants_plot(const ResultWords& words, int fd) {
  return words.plot.empty() ? isatty(fd) != 0 : words.plot == "always";
}

PlotStyle plot_style_of(int fd) {
  return {.columns = terminal_columns(fd), .is_unicode = is_utf8_locale()};
}

}  // namespace parlab
