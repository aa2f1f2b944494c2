#pragma once

// What of an arm a race compares: its time, or what else a sample tells.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parlab {

struct Sample;

/// The figure that verdicts are on: a figure of the samples, a number of the arms' own, or the time.
struct Metric {
  std::string name = "";  // "" for the time of a run
  double least = 0;       // what is below counts as this: logarithms are compared
  /// Of a sample; null: what the arms' metrics() have under the name.
  std::optional<double> (*of)(const Sample& sample) = nullptr;

  /// What a sample tells; nullopt where it does not.
  std::optional<double> value(const Sample& sample) const;
};

/// What of a run on a backend a verdict may be on.
struct RaceFigure {
  const char* name;      // of --metric
  const char* what;      // in the help
  const char* quantity;  // in a sentence: "the CPU time of"
  Metric metric;
  std::uint64_t min_runs = 1;    // single runs that a sample must have for it
  bool needs_pause = false;      // samples tell it where arms pause
  bool needs_processes = false;  // only the first sample of a process tells it
};

/// All, the time first.
const std::vector<RaceFigure>& race_figures();

/// By its name. Throws UsageError for one that there is not.
const RaceFigure& race_figure_named(const std::string& name);

/// What it is that is compared, in a sentence: that of the figure, else `otherwise`.
std::string quantity_of(const Metric& metric, const std::string& otherwise);

}  // namespace parlab
