#pragma once

#include <ctime>
#include <optional>
#include <string_view>

namespace parlab {

/// A date as headers have it, read as browsers do (RFC 6265, 5.1.1): the three forms of RFC 9110, 5.6.7
/// and what real servers make of them. In UTC; none where a part is missing or out of range.
std::optional<std::time_t> parse_date(std::string_view text);

}  // namespace parlab
