#pragma once

// Which pages a crawl may fetch: those of the start's host and of others that were named, below a
// path.

#include <string>
#include <vector>

#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {

class Scope {
 public:
  /// `hosts`: "example.com", or with a port that is not the scheme's own. `prefix` of the path;
  /// empty for all.
  Scope(const Address& start, const std::vector<std::string>& hosts, const std::string& prefix)
      : start_(start), hosts_(hosts), prefix_(prefix) {}

  bool contains(const Address& address) const;

 private:
  Address start_;
  std::vector<std::string> hosts_;
  std::string prefix_;
};

}  // namespace parlab
