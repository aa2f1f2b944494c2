#pragma once

// What stands at the other end of stdout or stderr: how wide it is, and which characters it shows.

#include <cstddef>
#include <string>
#include <string_view>

namespace parlab {

/// Columns of the terminal at `fd`; where it is none, those that COLUMNS says, else 80. At least 20.
std::size_t terminal_columns(int fd);

/// Whether the locale's characters are UTF-8, by LC_ALL, LC_CTYPE and LANG.
bool is_utf8_locale();

/// Characters of a text, for those that take a column each.
std::size_t text_columns(std::string_view text);

/// At most so many columns of a text; where some are cut off, "..." stands at the end.
std::string cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace parlab
