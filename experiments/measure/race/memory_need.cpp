#include "experiments/measure/race/memory_need.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// "538 GiB", "1.5 MiB"
std::string bytes_text(double bytes) {
  constexpr double kibibyte = 1024;
  const char* unit = "KiB";
  double count = bytes / kibibyte;
  for (const char* larger : {"MiB", "GiB", "TiB", "PiB", "EiB"}) {
    if (count < kibibyte) break;
    count /= kibibyte;
    unit = larger;
  }
  return fmt::format("{:.3g} {}", count, unit);
}

/// Bytes that processes may still take: what is free, swap included, and what the cgroup allows.
std::optional<double> free_bytes(const Machine& machine) {
  std::optional<double> least;
  if (const auto available = machine.memory_bytes("MemAvailable"))
    least = static_cast<double>(*available) +
            static_cast<double>(machine.memory_bytes("SwapFree").value_or(0));
  if (const auto limit = machine.memory_limit())
    least = std::min(least.value_or(static_cast<double>(*limit)), static_cast<double>(*limit));
  return least;
}

}  // namespace

void require_memory(const Experiment& experiment, const std::vector<Entrant>& entrants,
                    Isolation isolation, const Machine& machine) {
  const auto free = free_bytes(machine);
  if (!free) return;
  double sum = 0;
  double most = 0;
  const Entrant* largest = nullptr;
  for (const Entrant& entrant : entrants) {
    const double bytes = experiment.memory_bytes(entrant.arm);
    sum += bytes;
    if (bytes <= most) continue;
    most = bytes;
    largest = &entrant;
  }
  if (most > *free)
    throw UsageError(fmt::format("{}: '{}' needs {} of memory, and {} are free; ask for less",
                                 experiment.name(), largest->label, bytes_text(most),
                                 bytes_text(*free)));
  if (isolation != Isolation::fresh && sum > *free)
    throw UsageError(fmt::format(
        "{}: the {} arms need {} of memory together, and {} are free; ask for less, or for one "
        "process at a time by --isolation fresh",
        experiment.name(), entrants.size(), bytes_text(sum), bytes_text(*free)));
}

}  // namespace parlab
