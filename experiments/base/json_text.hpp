#pragma once

// JSON as text. JSON is UTF-8, but names of files, options and variables are bytes: where a string
// is not UTF-8, each byte that does not belong to a character is written as \xE9, and each
// backslash of that string as \\. A document's `escaped` lists those strings, so that their bytes
// can be had back:
// ["context.command", "results[0].label"].

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace parlab {

/// `bytes` where they are UTF-8; else with bytes and backslashes escaped as above.
std::string as_utf8(std::string_view bytes);

/// The value with every string and key as UTF-8. An object gets `escaped` where one was not.
nlohmann::json document_in_utf8(nlohmann::json value);

/// On one line, whatever it holds.
std::string json_line(const nlohmann::json& value);

/// For a document: two spaces a level, arrays of numbers on one line each, so that a diff can be
/// read. What is not finite is null: JSON has no name for it.
std::string json_document(const nlohmann::json& document);

/// For people: json_line with NaN and Infinity by name; of more than `most` bytes only the
/// beginning, and how many there are.
std::string told_answer(const nlohmann::json& value, std::size_t most = 200);

}  // namespace parlab
