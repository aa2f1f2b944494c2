#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// The words of a text as a POSIX shell splits them: blanks separate, quotes of either kind and
/// backslashes hold together. Nothing is expanded. Throws UsageError, which names `option`, where a
/// quote is not closed.
std::vector<std::string> shell_words(std::string_view text, const std::string& option);

/// The word as a shell takes it for one: in quotes where it has to be.
std::string shell_quoted(const std::string& word);

}  // namespace parlab
