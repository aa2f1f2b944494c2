#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// The words of a text as a POSIX shell splits them: blanks separate, quotes of either kind and
/// backslashes hold together. Nothing is expanded. Throws UsageError, which names `option`, where a
/// quote is not closed.
std::vector<std::string> shell_words(std::string_view text, const std::string& option);

}  // namespace parlab
