#pragma once

// Percent-encoding (RFC 3986, 2.1): which bytes may stand as they are is each caller's business.

#include <string>
#include <string_view>

namespace parlab {

/// Escapes of unreserved characters undone (RFC 3986, 6.2.2.2), other escapes with capital digits, and
/// all bytes escaped that are not printable ASCII or are among `also`. Texts that mean the same are
/// then equal, and no other escape is undone: a server may take %2F for something else than a slash.
std::string with_normal_escapes(std::string_view text, std::string_view also = {});

/// All escapes undone.
std::string without_escapes(std::string_view text);

}  // namespace parlab
