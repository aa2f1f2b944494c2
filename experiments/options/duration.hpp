#pragma once

// Durations as people write them: 20s, 1.5min, 500ms, 2h. A bare number is seconds.

#include <chrono>
#include <string>
#include <string_view>

namespace parlab {

/// Longest that --budget takes: a week.
inline constexpr std::chrono::hours max_budget{24 * 7};

/// Reads a duration above 0. `what` names it in the complaint. Throws UsageError where the text is
/// not a number with a unit of ms, s, min or h, or is not above 0 and at most `most`.
std::chrono::duration<double> parse_duration(std::string_view what, const std::string& text,
                                             std::chrono::duration<double> most);

/// "0.3 s", "12 s", "5 min", "2.1 h": for people, of two digits or so.
std::string duration_words(double seconds);

}  // namespace parlab
