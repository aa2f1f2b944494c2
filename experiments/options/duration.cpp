#include "experiments/options/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr double minute = 60;
constexpr double hour = 3600;

constexpr std::array<std::pair<std::string_view, double>, 5> units = {
    {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"min", minute}, {"h", hour}}};

}  // namespace

std::chrono::duration<double> parse_duration(std::string_view what, const std::string& text,
                                             std::chrono::duration<double> most) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  std::string_view unit(read.ptr, static_cast<std::size_t>(end - read.ptr));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  double factor = 0;
  for (const auto& [name, seconds] : units)
    if (unit == name) factor = seconds;
  if (read.ec != std::errc() || factor == 0)
    throw UsageError(
        fmt::format("{}: '{}' is not a duration; write 20s, 1.5min, 500ms or 2h", what, text));
  const std::chrono::duration<double> duration(number * factor);
  if (!(duration.count() > 0 && duration <= most))
    throw UsageError(fmt::format("{}: '{}' is out of range; it must be above 0, to {}", what, text,
                                 duration_words(most.count())));
  return duration;
}

std::string duration_words(double seconds) {
  const auto digits = [](double value) {
    return value < 10 ? fmt::format("{:.2g}", value) : fmt::format("{:.0f}", value);
  };
  if (seconds < 2 * minute) return digits(seconds) + " s";
  if (seconds < 2 * hour) return digits(seconds / minute) + " min";
  return digits(seconds / hour) + " h";
}

}  // namespace parlab
