#pragma once

// Verbs with flags alone, for which an option parser would be too much.

#include <string>
#include <vector>

namespace parlab {

/// Throws UsageError unless every argument is one of `valid`; "--help" is always.
void check_flags(const std::string& verb, const std::vector<std::string>& arguments,
                 const std::vector<std::string>& valid);

bool has_flag(const std::vector<std::string>& arguments, const std::string& flag);

}  // namespace parlab
