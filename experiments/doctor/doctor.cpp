#include "experiments/doctor/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

#include "build_facts.inc"
#include "experiments/base/json_text.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/doctor/process_checks.hpp"
#include "experiments/doctor/processor_checks.hpp"
#include "experiments/doctor/system_checks.hpp"
#include "experiments/measure/results/context.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/simd_level.hpp"

namespace parlab {
namespace {

/// By https://no-color.org: set and not empty.
bool wants_no_colour() {
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    constexpr std::string_view name = "NO_COLOR=";
    const std::string_view text = *variable;
    if (text.starts_with(name) && text.size() > name.size()) return true;
  }
  return false;
}

const char* colour_of(std::string_view status) {
  if (status == "ok") return "\033[32m";       // green
  if (status == "warning") return "\033[33m";  // yellow
  return "\033[2m";                            // faint
}

long count(const std::vector<Finding>& findings, std::string_view status) {
  return std::ranges::count_if(findings, [&](const Finding& f) { return f.status == status; });
}

}  // namespace

std::vector<Finding> examine_machine(const Machine& machine) {
  // Before the probe, which is a load itself.
  const Finding load = check_load(machine);
  const auto before = machine.processor_time();
  const JitterFacts jitter = measure_jitter(std::chrono::milliseconds(500));
  const auto after = machine.processor_time();
  const auto binding = heeded_openmp_binding();
  auto environment = relevant_environment();
  for (const auto& variable : binding) environment.erase(variable.first);  // has its own check
  return {
      load,
      check_jitter(jitter),
      check_virtual_machine(machine),
      check_steal(before, after),
      check_quota(machine),
      check_affinity(machine),
      check_siblings(machine),
      check_governor(machine),
      check_turbo(machine),
      check_memory(machine),
      check_swap(machine),
      check_huge_pages(machine),
      check_shared_memory(machine),
      check_clock_source(machine),
      check_clock(measure_clock()),
      check_open_files(machine),
      check_processes(machine),
      check_environment(environment),
      check_openmp_binding(binding),
      check_simd(simd_level(), supported_simd_levels().front(),
                 !simd_level_of_environment().empty()),
      check_build(build_type, build_flags),
      check_counters(machine),
  };
}

std::string format_findings(const std::vector<Finding>& findings, bool colour) {
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.check.size());
  constexpr std::size_t status_width = std::string_view("warning").size();
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{}{:<{}}{}  {:<{}}  {}\n", colour ? colour_of(finding.status) : "",
                        finding.status, status_width, colour ? "\033[0m" : "", finding.check, width,
                        finding.found);
    if (!finding.cure.empty())
      text += fmt::format("{:<{}}  cure: {}\n", "", status_width + 2 + width, finding.cure);
  }
  const long warnings = count(findings, "warning");
  text += fmt::format("\n{} warning{}, {} unknown, {} ok\n", warnings, warnings == 1 ? "" : "s",
                      count(findings, "unknown"), count(findings, "ok"));
  return text;
}

int run_doctor(bool json) {
  const std::vector<Finding> findings = examine_machine();
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Finding& finding : findings)
      list.push_back({{"check", finding.check},
                      {"status", finding.status},
                      {"found", as_utf8(finding.found)},
                      {"cure", as_utf8(finding.cure)}});
    say("{}\n", nlohmann::ordered_json{{"findings", list}}.dump(2));
  } else {
    const bool colour = isatty(STDOUT_FILENO) != 0 && !wants_no_colour();
    write_stdout(format_findings(findings, colour));
  }
  return 0;
}

}  // namespace parlab
