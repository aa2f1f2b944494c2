#include "experiments/base/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

using Make = RegisterExperiment::Make;

/// An experiment has its name once it is made, which is not before main().
constexpr int no_order(const Make& /*make*/) { return 0; }

Registry<Make, no_order>& registry() {
  static Registry<Make, no_order> makers;
  return makers;
}

/// What an experiment that was called `old` in an earlier version is called now; empty: nothing.
std::string_view new_name_of(std::string_view old) { return old == "crawl" ? "http_clients" : ""; }

}  // namespace

RegisterExperiment::RegisterExperiment(Make make) { registry().add(make); }

std::vector<std::unique_ptr<Experiment>> make_experiments() {
  std::vector<std::unique_ptr<Experiment>> experiments;
  for (const Make make : registry().all()) experiments.push_back(make());
  std::ranges::sort(experiments, {}, [](const auto& experiment) { return experiment->name(); });
  return experiments;
}

std::unique_ptr<Experiment> make_experiment(const std::string& name) {
  std::vector<std::string> names;
  for (auto& experiment : make_experiments()) {
    if (experiment->name() == name) return std::move(experiment);
    names.push_back(experiment->name());
  }
  if (const std::string_view now = new_name_of(name); !now.empty())
    throw UsageError(
        fmt::format("the experiment '{0}' is called '{1}' now: parlab run {1}", name, now));
  throw UsageError(unknown_name("experiment", name, names));
}

std::string Experiment::subject(const Workload& workload) const {
  return fmt::format("With {} {}", short_number(workload.size), workload.unit);
}

bool Experiment::correct(const Workload&, const Answer& answer, const Answer& expected) const {
  return answer == expected;
}

std::string short_number(std::uint64_t value) {
  std::string digits = fmt::to_string(value);
  const std::size_t exponent = digits.size() - 1;
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  const std::string scientific = fmt::format(
      "{}{}{}e{}", digits.substr(0, 1), digits.size() > 1 ? "." : "", digits.substr(1), exponent);
  const std::string plain = fmt::to_string(value);
  return scientific.size() < plain.size() ? scientific : plain;
}

std::string checksum_text(std::uint64_t sum) { return fmt::format("checksum {:016x}", sum); }

}  // namespace parlab
