#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/measure/race/line_up.hpp"
#include "experiments/measure/race/race.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {

/// An experiment for tests of what is around experiments: its cases and runs are whatever the test
/// says.
class MadeUpExperiment : public Experiment {
 public:
  std::string name() const override { return "made_up"; }
  std::string question() const override { return "Does the race do as it says?"; }
  std::string why() const override { return "It should."; }
  void add_options(CLI::App&) override {}
  std::vector<Workload> workloads() const override { return cases_; }
  Answer expected(const Workload&) const override { return expected_(); }
  OpenedArm open(const Arm& arm) const override { return open_(arm); }
  bool compares_methods() const override { return compares_methods_; }
  bool each_has_headline(const Workload&) const override { return each_has_headline_; }
  std::string remark(const Workload&, const std::vector<nlohmann::json>& rounds) const override {
    return remark_(rounds);
  }
  std::vector<SuiteEntry> suite(Profile) const override { return {}; }

  std::vector<Workload> cases_ = {{.kernel = "made_up", .size = 100, .unit = "things"}};
  std::function<Answer()> expected_ = [] { return 42; };
  bool compares_methods_ = false;
  bool each_has_headline_ = false;
  std::function<std::string(const std::vector<nlohmann::json>&)> remark_ =
      [](const std::vector<nlohmann::json>&) { return ""; };
  std::function<OpenedArm(const Arm&)> open_ = [](const Arm&) { return [] { return 42; }; };
};

/// The baseline, and each schedule of threads on two workers.
inline std::vector<Entrant> three_arms(const Experiment& experiment) {
  return line_up(experiment, {.backends = parse_backends("threads:all"), .workers = {2}});
}

/// Runs that keep a processor busy so long.
inline MadeUpExperiment busy_for(std::chrono::milliseconds length) {
  MadeUpExperiment experiment;
  experiment.open_ = [length](const Arm&) {
    return [length] {
      const auto end = std::chrono::steady_clock::now() + length;
      while (std::chrono::steady_clock::now() < end) {
      }
      return 42;
    };
  };
  return experiment;
}

/// The baseline, and threads on so many workers.
inline std::vector<Entrant> arms_of(const Experiment& experiment, int workers) {
  return line_up(experiment, {.backends = parse_backends("threads:static"), .workers = {workers}});
}

/// Results of a baseline, its second run, and arms of the given speed-ups, as the machine times them.
inline std::vector<Measured> made_up_results(const MadeUpExperiment& experiment,
                                             made_up::NoisyMachine& machine,
                                             const std::vector<double>& ln_speedups,
                                             const made_up::Noise& noise, std::size_t rounds) {
  std::vector<double> ln_seconds = {0, 0};
  for (const double ln : ln_speedups) ln_seconds.push_back(-ln);
  const auto seconds =
      machine.race(ln_seconds, std::vector<made_up::Noise>(ln_seconds.size(), noise), rounds);
  std::vector<Measured> results;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    Entrant entrant{};
    entrant.label = entrant.spoken = "arm " + std::to_string(i);
    entrant.arm.workload = experiment.cases_.front();
    entrant.arm.executor.backend = entrant.label;
    entrant.role = i == 0 ? Role::baseline : i == 1 ? Role::baseline_again : Role::arm;
    results.push_back({.entrant = std::move(entrant)});
    for (const double time : seconds[i]) {
      results.back().samples.emplace_back();
      results.back().samples.back().seconds = time;
    }
  }
  return results;
}

}  // namespace parlab
