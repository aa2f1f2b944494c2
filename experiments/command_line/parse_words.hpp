#pragma once

#include <optional>
#include <span>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace parlab {

/// Reads the words behind a verb into the options of `app`, whose name is the command: "parlab
/// serve". Returns the help where it was asked for. Throws UsageError for what is no option, with
/// the nearest that is one, and for values that do not fit.
std::optional<std::string> parse_words(CLI::App& app, std::span<const std::string> words);

/// A check for options that name a file: the name must not be empty, as of --json "$UNSET".
std::string complaint_on_empty(const std::string& name);

}  // namespace parlab
