#include "experiments/measure/race/line_up.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>

#include "experiments/base/json_text.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

std::uint64_t rounded_up(std::uint64_t dividend, std::uint64_t divisor) {
  return dividend / divisor + (dividend % divisor != 0 ? 1 : 0);
}

std::uint64_t automatic_grain(const Workload& workload, const std::vector<int>& workers) {
  return automatic_grain(workload.size, *std::ranges::max_element(workers), workload.grain);
}

/// Of a serial arm for which no grain was asked: where nothing is known of the indices, chunks could be
/// shorter than what handing them out costs, so that it is slower than the plain loop it stands for.
std::uint64_t serial_grain(const Workload& workload, const std::vector<int>& workers) {
  return workload.grain == GrainLimits{} ? std::max<std::uint64_t>(workload.size, 1)
                                         : automatic_grain(workload, workers);
}

std::vector<std::uint64_t> grains_of(const Workload& workload, const Selection& selection) {
  std::vector<std::uint64_t> grains = selection.grains;
  for (const std::uint64_t chunks : selection.chunks)
    grains.push_back(std::max<std::uint64_t>(rounded_up(workload.size, chunks), 1));
  if (grains.empty()) grains.push_back(automatic_grain(workload, selection.workers));
  return grains;
}

std::string group_of(const Workload& workload, BaselineKind baseline) {
  if (baseline != BaselineKind::serial && !workload.task.empty()) return workload.task;
  std::string group = fmt::format("{} {}", workload.size, workload.unit);
  if (baseline == BaselineKind::serial) {
    group += " " + workload.kernel;
    if (!workload.variant.empty()) group += " " + workload.variant;
    if (!workload.algorithm.empty()) group += " " + workload.algorithm;
  }
  return workload.parameters.empty() ? group : group + " " + json_line(workload.parameters);
}

bool is_serial(const BackendSpec& spec) { return spec.backend == "serial"; }

/// Arms of one case as asked for, without a baseline that was not.
std::vector<Arm> arms_of(const Experiment& experiment, const Workload& workload,
                         const Selection& selection) {
  std::vector<Arm> arms;
  if (!workload.splittable) {
    if (std::ranges::none_of(selection.backends, is_serial))
      throw UsageError(fmt::format(
          "variant '{}' of {} cannot be split over workers, its state is one sequence; add serial "
          "to --backend or leave the variant out",
          workload.variant, experiment.name()));
    return {{workload, {"serial", "", 1}, std::max<std::uint64_t>(workload.size, 1)}};
  }
  if (workload.self_parallel) {
    for (const int count : selection.workers)
      arms.push_back({workload, {"own", "", count}, std::max<std::uint64_t>(workload.size, 1)});
    return arms;
  }
  if (experiment.compares_methods())
    return {{workload, {"serial", "", 1}, std::max<std::uint64_t>(workload.size, 1)}};
  const auto grains =
      experiment.takes_grain() ? grains_of(workload, selection) : std::vector<std::uint64_t>{1};
  for (const BackendSpec& backend : selection.backends) {
    std::vector<int> workers = selection.workers;
    if (is_serial(backend)) workers = {1};
    const bool unasked = selection.grains.empty() && selection.chunks.empty();
    const auto arm_grains = is_serial(backend) && unasked && experiment.takes_grain()
                                ? std::vector{serial_grain(workload, selection.workers)}
                                : grains;
    for (const int count : workers)
      for (const std::uint64_t grain : arm_grains)
        if (experiment.takes_part(workload, {backend.backend, backend.schedule, count}))
          arms.push_back({workload, {backend.backend, backend.schedule, count}, grain});
  }
  return arms;
}

/// An arm for each environment and placement. Throws UsageError where the experiment itself sets one
/// of the variables for it.
std::vector<Arm> surrounded(const Experiment& experiment, const Arm& arm,
                            const Selection& selection) {
  for (const auto& [name, value] : experiment.variables(arm))
    if (selection.environments.front().contains(name))
      throw UsageError(fmt::format("--env: {} sets {} for {} itself: leave it out",
                                   experiment.name(), name, arm.executor.label()));
  std::vector<Arm> arms;
  for (const auto& environment : selection.environments)
    for (const Placement pin : selection.pins)
      arms.push_back({arm.workload, arm.executor, arm.grain, environment, pin});
  return arms;
}

/// Which axes have more than one value among the entrants; only those are named in labels.
class Axes {
 public:
  explicit Axes(const std::vector<Entrant>& entrants) {
    const auto varies = [&](const auto& value_of) {
      std::set<std::string> values;
      for (const Entrant& e : entrants) values.insert(value_of(e.arm));
      return values.size() > 1;
    };
    variant_ = varies([](const Arm& a) { return a.workload.variant; });
    algorithm_ = varies([](const Arm& a) { return a.workload.algorithm; });
    size_ = varies([](const Arm& a) { return fmt::to_string(a.workload.size); });
    backend_ = varies(
        [](const Arm& a) { return a.executor.label() + fmt::to_string(a.executor.workers); });
    pin_ = varies([](const Arm& a) { return placement_name(a.pin); });
    for (const Entrant& e : entrants)
      for (const auto& [name, value] : e.arm.environment)
        if (varies([&, &name = name](const Arm& a) { return a.environment.at(name); }))
          variables_.insert(name);
    for (const Entrant& e : entrants)
      for (const auto& [key, value] : e.arm.workload.parameters) {
        const auto value_in = [&key = key](const Arm& a) {
          const auto found = a.workload.parameters.find(key);
          return found != a.workload.parameters.end() ? found->second.text() : "";
        };
        if (!varies(value_in)) continue;
        if (parameters_.insert(key).second && value.is_number()) ++numbers_;
        if (value_in(e.arm) != value_in(entrants[e.baseline].arm)) raced_.insert(key);
      }
    // Where the algorithm alone tells the cases apart, what follows from it is no news.
    std::vector<Workload> cases;
    std::set<std::string> algorithms;
    for (const Entrant& e : entrants) {
      algorithms.insert(e.arm.workload.algorithm);
      if (std::ranges::find(cases, e.arm.workload) == cases.end()) cases.push_back(e.arm.workload);
    }
    const bool algorithm_tells = algorithm_ && algorithms.size() == cases.size();
    if (algorithm_tells) {
      variant_ = size_ = false;
      parameters_.clear();
      numbers_ = 0;
    }
    // A grain that follows from the size is no axis of its own.
    std::set<std::pair<std::string, std::uint64_t>> grains;
    std::set<std::string> groups;
    for (const Entrant& e : entrants) {
      if (e.role != Role::arm || !e.arm.workload.splittable || e.arm.workload.self_parallel)
        continue;
      grains.insert({e.group, e.arm.grain});
      groups.insert(e.group);
    }
    const bool swept = entrants.size() > cases.size() + groups.size();  // less those that run again
    grain_ = grains.size() > groups.size() && (swept || !algorithm_tells);
  }

  /// `grain`: whether the grain is worth a word where it is swept. `ways`: whether ways are
  /// compared, of whose cases the sentence's subject tells all in which they do not differ.
  std::string label(const Arm& arm, bool spoken, bool grain, bool ways) const {
    std::vector<std::string> words;
    const bool subject_tells = spoken && ways;
    if (variant_) words.push_back(arm.workload.variant);
    if (algorithm_) words.push_back(arm.workload.algorithm);
    if (size_ && !spoken) words.push_back(short_number(arm.workload.size));
    for (const auto& [key, value] : arm.workload.parameters)
      if (parameters_.contains(key) && (raced_.contains(key) || !subject_tells))
        words.push_back(!value.is_text() && numbers_ > 1 ? fmt::format("{}={}", key, value.text())
                                                         : value.text());
    if (backend_ || words.empty()) {
      words.push_back(arm.executor.label());
      if (!is_serial(arm.executor))
        words.push_back(spoken ? fmt::format("on {} worker{}", arm.executor.workers,
                                             arm.executor.workers == 1 ? "" : "s")
                               : fmt::format("x{}", arm.executor.workers));
    }
    for (const std::string& name : variables_)
      words.push_back(fmt::format("{}={}", name, arm.environment.at(name)));
    if (pin_) words.push_back(fmt::format("pin={}", placement_name(arm.pin)));
    if (grain_ && grain)
      words.push_back(spoken ? fmt::format("at grain {}", short_number(arm.grain))
                             : fmt::format("g{}", short_number(arm.grain)));
    return fmt::format("{}", fmt::join(words, " "));
  }

 private:
  bool variant_, algorithm_, size_, backend_, grain_, pin_;
  std::set<std::string> variables_;
  std::set<std::string> parameters_;
  int numbers_ = 0;              // parameters that are numbers: of several, each needs its name
  std::set<std::string> raced_;  // those in which arms differ from their own baseline
};

}  // namespace

std::vector<Entrant> line_up(const Experiment& experiment, const Selection& selection) {
  if (!experiment.takes_grain() && !(selection.grains.empty() && selection.chunks.empty()))
    throw UsageError(
        fmt::format("{} takes no --grain: its chunks are what it measures", experiment.name()));
  std::vector<std::string> groups;  // in the order of their first case
  std::vector<std::vector<Arm>> arms;
  for (const Workload& workload : experiment.workloads()) {
    const std::vector<Arm> plain_arms = arms_of(experiment, workload, selection);
    if (plain_arms.empty()) continue;
    const std::string group = group_of(workload, selection.baseline);
    const auto place = std::ranges::find(groups, group) - groups.begin();
    if (place == static_cast<std::ptrdiff_t>(groups.size())) {
      groups.push_back(group);
      arms.emplace_back();
    }
    for (const Arm& plain : plain_arms)
      for (Arm& arm : surrounded(experiment, plain, selection))
        arms[place].push_back(std::move(arm));
  }

  if (groups.empty())
    throw UsageError(fmt::format(
        "{}: none of its cases runs on these backends with so many workers; name others",
        experiment.name()));
  std::vector<Entrant> entrants;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const Workload first_case = arms[group].front().workload;
    const auto serial = [&](const Arm& arm) {
      return is_serial(arm.executor) &&
             (selection.baseline == BaselineKind::serial || arm.workload == first_case);
    };
    auto first = arms[group].begin();
    if (selection.baseline != BaselineKind::first && !first_case.self_parallel) {
      first = std::ranges::find_if(arms[group], serial);
      if (first == arms[group].end()) {
        const std::uint64_t grain =
            experiment.takes_grain() ? serial_grain(first_case, selection.workers) : 1;
        const Arm plain{first_case, {"serial", "", 1}, grain};
        arms[group].insert(arms[group].begin(), surrounded(experiment, plain, selection).front());
        first = arms[group].begin();
      }
    }
    std::rotate(arms[group].begin(), first, first + 1);
    const std::size_t baseline = entrants.size();
    entrants.push_back({arms[group][0], Role::baseline, "", "", groups[group], baseline});
    if (!arms[group][0].workload.externally_timed)
      entrants.push_back({arms[group][0], Role::baseline_again, "", "", groups[group], baseline});
    for (std::size_t i = 1; i < arms[group].size(); ++i)
      entrants.push_back({arms[group][i], Role::arm, "", "", groups[group], baseline});
  }
  const Axes axes(entrants);
  const bool ways = experiment.compares_methods();
  for (Entrant& entrant : entrants) {
    // The baseline of a sweep stands outside it: its grain is the automatic one.
    const bool in_sweep = entrant.role == Role::arm || selection.baseline == BaselineKind::first;
    entrant.label = axes.label(entrant.arm, false, in_sweep, ways);
    entrant.spoken = axes.label(entrant.arm, true, in_sweep, ways);
    if (entrant.role == Role::baseline_again) entrant.label += " again";
  }
  return entrants;
}

}  // namespace parlab
