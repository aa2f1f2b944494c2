#pragma once

#include <map>
#include <string>

namespace parlab {

/// Versions of the libraries that this build was compiled against; one that it lacks is left out.
std::map<std::string, std::string> library_versions();

}  // namespace parlab
