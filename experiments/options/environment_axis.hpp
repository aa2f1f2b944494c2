#pragma once

// Environment variables as an axis of a race: "OMP_WAIT_POLICY=active,passive".

#include <map>
#include <string>
#include <vector>

namespace parlab {

using Environment = std::map<std::string, std::string>;

/// Every combination of the values: each word is a variable with its values, NAME=a,b. In a value, a
/// comma is written \, and a backslash \\. One empty environment where there are no words. Throws
/// UsageError, which begins with `what`, for what cannot be a variable, has no value, or stands
/// twice.
std::vector<Environment> parse_environments(const std::string& what,
                                            const std::vector<std::string>& words);

}  // namespace parlab
