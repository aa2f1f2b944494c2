#pragma once

// What crawls and link checks tell people.

#include <string>
#include <string_view>

namespace parlab {

/// With U+FFFD in the place of what is no character or a control: nothing in it controls a terminal.
std::string printable(std::string_view text);

/// An error class in words: "not found (HTTP 404)". `status` of HTTP, where there was an answer.
std::string error_in_words(std::string_view error, int status);

}  // namespace parlab
