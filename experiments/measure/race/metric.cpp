#include "experiments/measure/race/metric.hpp"

#include <algorithm>

#include "experiments/measure/race/arm_process.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

/// Least time that a clock tells apart from none.
constexpr double least_seconds = 1e-9;
/// What the kernel counts CPU time in.
constexpr double least_cpu_seconds = 1e-6;
/// CPU time after an answer that is no burning: what a sleep and its end take.
constexpr double least_after_seconds = 1e-4;

template <auto Member>
std::optional<double> member(const Sample& sample) {
  return sample.*Member;
}

}  // namespace

std::optional<double> Metric::value(const Sample& sample) const {
  std::optional<double> found;
  if (of != nullptr) {
    found = of(sample);
  } else if (name.empty()) {
    return sample.seconds;
  } else {
    found = sample.metrics.at(name).get<double>();
  }
  return found ? std::optional(std::max(least, *found)) : std::nullopt;
}

const std::vector<RaceFigure>& race_figures() {
  static const std::vector<RaceFigure> figures = {
      {.name = "seconds", .what = "wall clock of a run", .quantity = "time", .metric = {}},
      {.name = "cpu",
       .what = "CPU time of a run, all its threads and processes",
       .quantity = "CPU time",
       .metric = {"cpu", least_cpu_seconds, member<&Sample::cpu_seconds>}},
      {.name = "cold",
       .what = "the first run of a process",
       .quantity = "time of a first run",
       .metric = {"cold", least_seconds, member<&Sample::cold_seconds>},
       .needs_processes = true},
      {.name = "pause",
       .what = "a run after an idle pause",
       .quantity = "time after a pause",
       .metric = {"pause", least_seconds, member<&Sample::pause_seconds>},
       .needs_pause = true},
      {.name = "after",
       .what = "CPU time in the 100 ms after an answer",
       .quantity = "CPU time after a run",
       .metric = {"after", least_after_seconds, member<&Sample::after_cpu_seconds>},
       .needs_pause = true},
      {.name = "p90",
       .what = "the time that 90 % of the runs in a sample do not exceed",
       .quantity = "90th percentile of the time",
       .metric = {"p90", least_seconds, member<&Sample::p90_seconds>},
       .min_runs = runs_for_p90},
      {.name = "p99",
       .what = "the same of 99 %",
       .quantity = "99th percentile of the time",
       .metric = {"p99", least_seconds, member<&Sample::p99_seconds>},
       .min_runs = runs_for_p99}};
  return figures;
}

const RaceFigure& race_figure_named(const std::string& name) {
  std::vector<std::string> names;
  for (const RaceFigure& figure : race_figures()) names.emplace_back(figure.name);
  require_known("--metric", name, names);
  return race_figures()[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
}

std::string quantity_of(const Metric& metric, const std::string& otherwise) {
  for (const RaceFigure& figure : race_figures())
    if (metric.of != nullptr && metric.name == figure.metric.name) return figure.quantity;
  return otherwise;
}

}  // namespace parlab
