#pragma once

// Checks every link of a site: pages in scope are read, with their style sheets; what else they refer to is
// asked for once, other hosts by HEAD.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernels/network/crawler/check/link_table.hpp"
#include "kernels/network/crawler/crawler.hpp"

namespace parlab {

struct CheckOptions {
  /// The starts, the scope, and how hosts are asked; `state`, `folder` and `sitemap` are not used.
  CrawlOptions crawl;
  /// Addresses that are neither asked for nor reported; * is any text.
  std::vector<std::string> ignore = {};
  bool other_hosts = true;
  std::string cache = {};  // a file of LinkCache; empty for none
  std::chrono::seconds cache_age{86'400};
};

struct CheckProgress {
  std::uint64_t pages = 0;    // read
  std::uint64_t checked = 0;  // addresses
  std::uint64_t known = 0;    // addresses
  std::uint64_t broken = 0;   // addresses, so far
};

struct CheckSummary {
  CheckProgress totals;
  std::uint64_t links = 0;     // references of all pages
  std::uint64_t ignored = 0;   // of them
  std::uint64_t requests = 0;  // robots.txt and other tries among them
  std::uint64_t cached = 0;    // addresses that the cache knew
  /// Links that are not checked because of their scheme: "mailto" and how many.
  std::map<std::string, std::uint64_t> other_schemes = {};
  double seconds = 0;
  int signal = 0;               // that ended it before its end; 0 for none
  std::string cache_text = {};  // for the cache's file; empty without one
};

struct CheckWatcher {
  /// A few times a second.
  std::function<void(const CheckProgress&)> progress = {};
  /// The first signal: what is under way is finished.
  std::function<void()> draining = {};
};

/// Checks, then calls `visit` for every address, in the order in which they were found. Throws UsageError.
CheckSummary check_links(const CheckOptions& options, const CheckWatcher& watcher,
                         const std::function<void(const CheckedLink&)>& visit);

}  // namespace parlab
