#pragma once

// The host of an address, as browsers read it (WHATWG URL, 3.5): escapes undone, names beyond ASCII in
// Punycode (UTS 46, by libidn2 where the build has it), numbers as IPv4 addresses, IPv6 in brackets.

#include <optional>
#include <string>
#include <string_view>

namespace parlab {

/// In normal form: lower case, "192.168.0.1", "[::1]". None where no such host can exist.
std::optional<std::string> normal_host(std::string_view text);

}  // namespace parlab
