#pragma once

// "Did you mean ...?": the name nearest to a misspelt one.

#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// The candidate with the smallest optimal string alignment distance (insertions, deletions,
/// substitutions and swaps of neighbours) to `name`; empty where none is near enough to be meant.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// "unknown WHAT 'NAME'; did you mean 'X'? Valid: A, B, C" in one line.
std::string unknown_name(std::string_view what, std::string_view name,
                         const std::vector<std::string>& candidates);

/// Throws UsageError, with the line of unknown_name(), where `name` is not among the candidates.
void require_known(std::string_view what, std::string_view name,
                   const std::vector<std::string>& candidates);

}  // namespace parlab
