#pragma once

// What a link check found: for people, as JSON lines, and as JUnit's XML, which CI systems show.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/network/crawler/check/link_checker.hpp"

namespace parlab {

/// For people: what is wrong and where, then what moved. Nothing in it controls a terminal, whatever the
/// pages hold.
std::string told_link(const CheckedLink& link);
/// {"url", "state", "status", "error", "final", "links", "parents": [{"page", "line", "what", "text"}]}
std::string link_line(const CheckedLink& link);

/// A test case for each address.
class JunitReport {
 public:
  void add(const CheckedLink& link);
  std::string text(double seconds) const;

 private:
  std::string cases_;
  std::uint64_t all_ = 0, broken_ = 0, skipped_ = 0;
};

}  // namespace parlab
