#pragma once

// Which pages a crawl may fetch: those of the start's host and of others that were named, below a
// path.

#include <string>
#include <vector>

#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {

/// The address that a user gives. Throws UsageError where it is none of a page.
Address start_address(const std::string& text);

class Scope {
 public:
  /// `hosts`: "example.com", with a port where it is not the scheme's own, or an address as
  /// "http://example.com/". `prefix` of the path, begins with /; empty for all. Throws UsageError.
  Scope(const Address& start, const std::vector<std::string>& hosts, const std::string& prefix);

  bool contains(const Address& address) const;

 private:
  Address start_;
  std::vector<std::string> hosts_;
  std::string prefix_;
};

}  // namespace parlab
