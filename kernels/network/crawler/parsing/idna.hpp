#pragma once

// Names beyond ASCII as they stand in the DNS (UTS 46, not transitional), by libidn2 where the build
// has it.

#include <optional>
#include <string>
#include <string_view>

namespace parlab {

/// Whether names beyond ASCII can be read.
bool has_idna();

/// "xn--bcher-kva.example" of "Bücher.example" in UTF-8; what is ASCII in lower case. None where a label
/// may not exist, or is beyond ASCII and has_idna() is false.
std::optional<std::string> ascii_domain(std::string_view name);

}  // namespace parlab
