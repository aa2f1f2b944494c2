#pragma once

#include <string_view>

namespace parlab {

/// Whether the pattern, in which * is any text, matches a beginning of the text; all of it where the
/// pattern ends with $. In time |pattern| * |text|.
bool matches_beginning(std::string_view pattern, std::string_view text);

/// Whether the pattern, in which * is any text and nothing else is special, matches the whole text.
bool matches_whole(std::string_view pattern, std::string_view text);

}  // namespace parlab
