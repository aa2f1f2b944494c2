#pragma once

// A crawler on one thread: hosts take turns, each with a few connections of its own, so that a slow
// host holds up nobody else; pages that wait lie on disk (page_store.hpp), so memory does not grow
// with the site.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/network/crawler/fetching/proxy.hpp"
#include "kernels/network/crawler/page_store.hpp"

namespace parlab {

struct CrawlLimits {
  std::uint64_t pages = 100'000;
  std::uint64_t total_bytes = UINT64_MAX;              // inflated
  std::uint64_t page_bytes = std::uint64_t{10} << 20;  // inflated; on the wire, too
  int depth = 1'000'000;                               // links from the start
  int redirects = 10;                                  // one after the other
};

struct CrawlTimeouts {
  std::chrono::milliseconds resolve{10'000};
  std::chrono::milliseconds connect{10'000};  // with TLS
  std::chrono::milliseconds first_byte{30'000};
  std::chrono::milliseconds idle{20'000};  // between two bytes
  std::chrono::milliseconds total{120'000};
};

/// Sent to its origin only, in no state, log or result.
struct Credential {
  std::string origin;         // "https://example.com:8443"
  std::string authorization;  // the field's value
};

struct CrawlOptions {
  std::string start;
  std::vector<std::string> more_starts = {};  // their hosts are in scope, too
  std::vector<std::string> hosts = {};        // in scope besides the start's
  std::string prefix = {};                    // of the path; empty for all
  /// Of addresses, in which * is any text: only what one of `accept` matches, if there are some, and none of
  /// `reject`. The starts are fetched all the same.
  std::vector<std::string> accept = {}, reject = {};
  /// Content types whose bodies are read, without parameters, in which * is any text; empty for all.
  std::vector<std::string> types = {};
  bool follow_nofollow = false;  // links that pages ask crawlers not to follow
  /// More lines of each request to a host in scope: "Name: value".
  std::vector<std::string> headers = {};
  std::vector<Credential> credentials = {};
  CrawlLimits limits = {};
  CrawlTimeouts timeouts = {};
  std::uint64_t at_once = 100;
  std::uint64_t at_once_per_host = 8;
  std::chrono::milliseconds delay{0};  // between two requests to a host
  int retries = 3;
  std::chrono::milliseconds first_backoff{500};    // doubled each time, with jitter
  std::chrono::milliseconds longest_wait{60'000};  // that a Retry-After may ask for
  bool robots = true;
  bool sitemap = false;
  /// Private hosts; else only where the start is one. Names that a proxy resolves are not looked up here: then
  /// only addresses and localhost are refused.
  bool allow_private = false;
  Proxies proxies = {};
  std::string ca_file = {};  // certificates to trust besides the system's
  std::string agent = "parlab";
  bool retry_failed = false;  // pages of an earlier run that ended with an error
  std::string state = {};     // the database; empty for one that is gone afterwards
  std::string folder = {};    // where bodies are saved; empty for nowhere
  /// Where a mirror is made or brought up to date; empty for nowhere. What pages in scope need is fetched from
  /// other hosts, too.
  std::string mirror = {};
};

struct CrawlSummary {
  CrawlTotals totals;
  std::vector<std::pair<std::string, std::uint64_t>> errors;  // the most frequent class first
  std::uint64_t requests = 0;  // this run's, retries and robots.txt among them
  double seconds = 0;
  int signal = 0;                   // that ended it before its end; 0 for none
  bool complete = false;            // no page within the limits is left
  std::string start_file = {};      // of the start, in a mirror
  std::uint64_t unchanged = 0;      // pages that a mirror had already
  std::string start_leads_to = {};  // where redirects from the start leave the scope
};

struct CrawlWatcher {
  /// A page in scope refers to another page, which need not be: both addresses.
  std::function<void(const std::string&, const std::string&)> edge = {};
  /// A few times a second.
  std::function<void(const CrawlTotals&)> progress = {};
  /// The first signal: what is under way is finished, nothing is begun.
  std::function<void()> draining = {};
  /// The crawl has let go of the signals.
  std::function<void()> released = {};
};

/// Crawls. The first SIGINT, SIGTERM or SIGHUP drains, the second ends it at once. `lines` is
/// called with the JSON line of every page that is done: those of earlier runs first, others as they
/// end, redirects last, because where they lead is known then. Throws UsageError.
CrawlSummary crawl(const CrawlOptions& options, const CrawlWatcher& watcher,
                   const std::function<void(const std::string&)>& lines = {});

}  // namespace parlab
