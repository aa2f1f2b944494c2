#include "experiments/measure/scaling/scaling_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "experiments/base/json_text.hpp"
#include "experiments/base/table.hpp"

namespace parlab {
namespace {

using nlohmann::json;

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_measured(const Measured& result) {
  return result.ok() && !result.samples.empty() && !result.entrant.arm.workload.externally_timed;
}

/// An arm's identity but for its workers, its size and its grain.
std::string line_of(const Measured& result) {
  const Arm& arm = result.entrant.arm;
  const Workload& workload = arm.workload;
  return fmt::format("{}|{}|{}|{}|{}|{}|{}", workload.kernel, workload.variant, workload.algorithm,
                     json_line(workload.parameters), arm.executor.label(),
                     json_line(arm.environment), placement_name(arm.pin));
}

int workers_of(const Measured& result) { return result.entrant.arm.executor.workers; }
std::uint64_t size_of(const Measured& result) { return result.entrant.arm.workload.size; }

/// Strong where all have one size and grain; weak where sizes grow as workers do.
std::optional<ScalingMode> mode_of(const std::vector<Measured>& results,
                                   const std::vector<std::size_t>& line) {
  const Measured& first = results[line.front()];
  const auto all = [&](const auto& holds) {
    return std::ranges::all_of(line, [&](std::size_t i) { return holds(results[i]); });
  };
  if (all([&](const Measured& r) {
        return size_of(r) == size_of(first) && r.entrant.arm.grain == first.entrant.arm.grain;
      }))
    return ScalingMode::strong;
  if (all([&](const Measured& r) {
        return size_of(r) / static_cast<std::uint64_t>(workers_of(r)) ==
                   size_of(first) / static_cast<std::uint64_t>(workers_of(first)) &&
               size_of(r) % static_cast<std::uint64_t>(workers_of(r)) == 0;
      }))
    return ScalingMode::weak;
  return std::nullopt;
}

std::vector<double> first_seconds(const Measured& result, std::size_t rounds) {
  std::vector<double> seconds = result.seconds();
  seconds.resize(rounds);
  return seconds;
}

ScalingFits fits_of(const std::vector<Measured>& results, const ScalingSeries& series, int cores,
                    double alpha) {
  std::size_t rounds = results[series.one_worker].samples.size();
  for (const ScalingPoint& point : series.points)
    rounds = std::min(rounds, results[point.result].samples.size());
  ScalingTimes times;
  times.block = rounds_a_process;
  times.one_worker = first_seconds(results[series.one_worker], rounds);
  for (const ScalingPoint& point : series.points) {
    times.workers.push_back(point.workers);
    times.seconds.push_back(first_seconds(results[point.result], rounds));
  }
  return fit_scaling(times, cores, alpha);
}

std::optional<ScalingSeries> series_of(const std::vector<Measured>& results,
                                       const RaceVerdicts& verdicts, std::vector<std::size_t> line,
                                       int cores, double alpha) {
  std::ranges::sort(line, {}, [&](std::size_t i) { return workers_of(results[i]); });
  const auto repeated =
      std::ranges::adjacent_find(line, {}, [&](std::size_t i) { return workers_of(results[i]); });
  if (workers_of(results[line.back()]) < 2 || repeated != line.end()) return std::nullopt;
  const auto mode = mode_of(results, line);
  if (!mode) return std::nullopt;
  const bool has_one = workers_of(results[line.front()]) == 1;
  const std::size_t baseline = results[line.front()].entrant.baseline;
  if (!has_one && !is_measured(results[baseline])) return std::nullopt;
  const Arm& arm = results[line.front()].entrant.arm;
  ScalingSeries series{
      *mode,
      fmt::format("{} on {}, {}",
                  arm.workload.algorithm.empty() ? arm.workload.kernel : arm.workload.algorithm,
                  arm.executor.label(), *mode == ScalingMode::strong ? "strong" : "weak"),
      has_one ? line.front() : baseline,
      !has_one,
      {},
      std::nullopt};
  const double guard = width_of(verdicts.guards, baseline);
  for (const std::size_t i : line) {
    const int workers = workers_of(results[i]);
    if (workers < 2) continue;
    const Comparison ratio = compare(results[series.one_worker], results[i],
                                     {.alpha = alpha, .guard = guard}, verdicts.dependence);
    const double share = *mode == ScalingMode::strong ? workers : 1;
    series.points.push_back(
        {i, workers, ratio, ratio.beside_load, workers <= cores,
         Location{ratio.ratio / share, {ratio.interval.low / share, ratio.interval.high / share}},
         *mode == ScalingMode::strong ? karp_flatt(ratio, workers) : gustafson(ratio, workers)});
  }
  if (*mode == ScalingMode::strong) series.fits = fits_of(results, series, cores, alpha);
  return series;
}

std::optional<MessageCost> message_cost_of(const std::vector<Measured>& results,
                                           const RaceVerdicts& verdicts) {
  for (const CostModel& model : verdicts.models) {
    const Entrant& entrant = results[model.results.front()].entrant;
    const Workload& workload = entrant.arm.workload;
    if (workload.kernel != "message" || entrant.arm.executor.workers != 2) continue;
    const double messages = workload.facts.at("messages").get<double>();
    const auto& [start, each] = std::pair(model.cost.start, model.cost.each);
    const auto rate = [&](double seconds) { return seconds > 0 ? messages / seconds : infinity; };
    return MessageCost{
        entrant.arm.executor.label(),
        {start.median / messages, {start.interval.low / messages, start.interval.high / messages}},
        {rate(each.median), {rate(each.interval.high), rate(each.interval.low)}}};
  }
  return std::nullopt;
}

std::string why_no_messages(const std::vector<Measured>& results) {
  bool has_messages = false, has_failed = false;
  for (const Measured& result : results) {
    if (result.entrant.arm.workload.kernel != "message" || result.entrant.role != Role::arm)
      continue;
    has_messages = true;
    has_failed = has_failed || !result.ok();
  }
  if (has_failed) return "its arms failed";
  if (has_messages) return "too few rounds";
  return "no arm of mpi on 2 workers took part; it needs MPI (see parlab list), and --backend mpi "
         "--workers 2 among others";
}

json ends(const Interval& interval) {
  const auto end = [](double value) { return std::isfinite(value) ? json(value) : json(); };
  return {end(interval.low), end(interval.high)};
}

json located(const Location& location) {
  json value = nullptr;
  if (std::isfinite(location.median)) value = location.median;
  return {{"value", value}, {"interval", ends(location.interval)}};
}

json fitted(const Fitted& fit) {
  json object = fit.value ? located(*fit.value) : json{{"value", nullptr}, {"interval", nullptr}};
  object["why"] = fit.why;
  return object;
}

std::string number(double value) {
  if (!std::isfinite(value)) return "?";
  return std::abs(value) < 0.1 ? fmt::format("{:.2g}", value) : fmt::format("{:.3g}", value);
}
std::string with_interval(const Location& location) {
  return fmt::format("{} [{}, {}]", number(location.median), number(location.interval.low),
                     number(location.interval.high));
}
/// For a speed-up: an end that the rounds do not bound is 0 or infinite.
std::string bounded(const Location& location) {
  const auto end = [](double value) { return value > 0 ? number(value) : std::string("?"); };
  return fmt::format("{} [{}, {}]", number(location.median), end(location.interval.low),
                     end(location.interval.high));
}

std::string fit_text(const char* name, const Fitted& fit) {
  return fit.value ? fmt::format("{} {}", name, with_interval(*fit.value))
                   : fmt::format("{} not identifiable", name);
}

std::string fits_text(const ScalingSeries& series) {
  const ScalingFits& fits = *series.fits;
  std::string text =
      fmt::format("{}: Amdahl's {}; USL's {}, {}", series.label,
                  fit_text("serial fraction", fits.serial_fraction),
                  fit_text("contention", fits.contention), fit_text("coherence", fits.coherence));
  std::vector<std::string> whys;
  for (const Fitted* fit : {&fits.serial_fraction, &fits.contention, &fits.coherence})
    if (!fit->value && std::ranges::find(whys, fit->why) == whys.end()) whys.push_back(fit->why);
  for (std::size_t i = 0; i < whys.size(); ++i) text += (i == 0 ? " (" : "; ") + whys[i];
  if (!whys.empty()) text += ")";
  const bool is_beside_load = std::ranges::any_of(series.points, [](const ScalingPoint& point) {
    return point.is_within_cores && point.is_beside_load;
  });
  return text + (is_beside_load ? " (beside load).\n" : ".\n");
}

}  // namespace

ScalingVerdicts judge_scaling(const std::vector<Measured>& results, const RaceVerdicts& verdicts,
                              int cores, double alpha) {
  ScalingVerdicts scaling{cores, {}, std::nullopt, ""};
  std::map<std::string, std::size_t> places;
  std::vector<std::vector<std::size_t>> lines;  // in the order of the race
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!is_measured(results[i]) || results[i].entrant.role == Role::baseline_again) continue;
    const auto [place, is_new] = places.try_emplace(line_of(results[i]), lines.size());
    if (is_new) lines.emplace_back();
    lines[place->second].push_back(i);
  }
  for (const auto& line : lines)
    if (auto series = series_of(results, verdicts, line, cores, alpha))
      scaling.series.push_back(std::move(*series));
  scaling.messages = message_cost_of(results, verdicts);
  if (!scaling.messages) scaling.why_no_messages = why_no_messages(results);
  return scaling;
}

json scaling_json(const ScalingVerdicts& verdicts) {
  json list = json::array();
  for (const ScalingSeries& series : verdicts.series) {
    const bool is_strong = series.mode == ScalingMode::strong;
    json points = json::array();
    for (const ScalingPoint& point : series.points) {
      points.push_back({{"result", point.result},
                        {"workers", point.workers},
                        {"within_cores", point.is_within_cores},
                        {"beside_load", point.is_beside_load},
                        {"efficiency", located(point.efficiency)}});
      points.back()[is_strong ? "karp_flatt" : "gustafson"] = located(point.serial_fraction);
    }
    list.push_back({{"label", series.label},
                    {"mode", is_strong ? "strong" : "weak"},
                    {"one_worker", series.one_worker},
                    {"against_serial", series.is_against_serial},
                    {"points", points}});
    if (!series.fits) continue;
    list.back()["amdahl"] = {{"serial_fraction", fitted(series.fits->serial_fraction)}};
    list.back()["usl"] = {{"contention", fitted(series.fits->contention)},
                          {"coherence", fitted(series.fits->coherence)}};
    list.back()["points_fitted"] = series.fits->points;
    list.back()["points_beyond_cores"] = series.fits->points_beyond;
  }
  json messages = nullptr;
  if (verdicts.messages)
    messages = {{"label", verdicts.messages->label},
                {"latency_seconds", located(verdicts.messages->latency_seconds)},
                {"bytes_per_second", located(verdicts.messages->bytes_per_second)}};
  return {{"cores", verdicts.cores},
          {"series", list},
          {"messages", messages},
          {"why_no_messages", verdicts.why_no_messages}};
}

std::string scaling_text(const ScalingVerdicts& verdicts) {
  std::string text;
  if (!verdicts.series.empty()) {
    using enum Table::Align;
    Table table({{"scaling"},
                 {"workers", right},
                 {"ratio", right},
                 {"efficiency", right},
                 {"serial fraction", right},
                 {""}});
    for (const ScalingSeries& series : verdicts.series)
      for (const ScalingPoint& point : series.points)
        table.add({series.label, fmt::to_string(point.workers), number(point.ratio.ratio),
                   bounded(point.efficiency), with_interval(point.serial_fraction),
                   !point.is_within_cores     ? "beyond the cores"
                   : series.is_against_serial ? "against serial"
                   : point.is_beside_load     ? "beside load"
                                              : ""});
    text += "\n" + table.text();
    for (const ScalingSeries& series : verdicts.series)
      if (series.fits) text += fits_text(series);
  }
  if (verdicts.messages)
    text += fmt::format(
        "A message between two ranks of {}: {} us and {} GB/s.\n", verdicts.messages->label,
        with_interval({1e6 * verdicts.messages->latency_seconds.median,
                       {1e6 * verdicts.messages->latency_seconds.interval.low,
                        1e6 * verdicts.messages->latency_seconds.interval.high}}),
        with_interval({1e-9 * verdicts.messages->bytes_per_second.median,
                       {1e-9 * verdicts.messages->bytes_per_second.interval.low,
                        1e-9 * verdicts.messages->bytes_per_second.interval.high}}));
  else
    text += fmt::format("What a message between two ranks costs is not known: {}.\n",
                        verdicts.why_no_messages);
  return text;
}

}  // namespace parlab
