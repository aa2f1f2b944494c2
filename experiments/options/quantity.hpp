#pragma once

// Numbers as people write them: 1e8, 1_000_000, 64Ki, 2.5e6. Exact: no quantity passes through a
// floating-point number, so 1e19 and 18446744073709551615 are what they say.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// Reads a whole number of [least, most]. `what` names it in the complaint.
/// Throws UsageError where the text is not a number, no whole number, or out of range.
std::uint64_t parse_quantity(std::string_view what, std::string_view text, std::uint64_t least = 0,
                             std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// A comma-separated list of quantities, at least one, without repeats: "1,$(nproc)" may be "1,1".
std::vector<std::uint64_t> parse_quantities(
    std::string_view what, std::string_view text, std::uint64_t least = 0,
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// The pieces of a comma-separated list, empty ones too. Throws UsageError for one that stands
/// twice.
std::vector<std::string> split_list(std::string_view text);

}  // namespace parlab
