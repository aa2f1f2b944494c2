#include "experiments/command_line/race/verdict_cells.hpp"

#include <fmt/format.h>

#include <cmath>

namespace parlab {

std::string interval_text(const Interval& interval) {
  const auto end = [](double value) {
    return std::isfinite(value) && value > 0 ? fmt::format("{:.3g}", value) : std::string("?");
  };
  return fmt::format("[{}, {}]", end(interval.low), end(interval.high));
}

std::string verdict_cell(const Measured& result, const std::optional<Against>& against) {
  if (result.failure) return "FAILED";
  if (result.entrant.arm.workload.externally_timed) return "-";  // its time is others'
  if (result.entrant.role == Role::arm && against) return verdict_text(against->comparison);
  if (result.entrant.role == Role::arm) return "-";  // its baseline failed
  return result.entrant.role == Role::baseline ? "baseline" : "A/A";
}

}  // namespace parlab
