#pragma once

#include <string>
#include <vector>

namespace parlab {

/// A part of parlab that waits for others, and needs a library which this build may lack.
struct NetworkPart {
  std::string name;
  std::string what;
  bool available;
  std::string package;  // Debian's, that it needs
};

std::vector<NetworkPart> network_parts();

}  // namespace parlab
