#pragma once

// Options of the verbs that ask web servers: the scope, politeness and limits of their requests.

#include <string>
#include <vector>

#include "kernels/network/crawler/crawler.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace parlab {

/// As they were typed.
struct FetchWords {
  std::string depth, page_bytes = "10Mi", prefix, ca_file, agent = "parlab";
  std::string at_once = "100", per_host = "8", delay = "0", retries = "3", timeout = "120";
  std::vector<std::string> hosts;
  bool no_robots = false, allow_private = false;
};

/// `does` is what is done to pages in scope: "crawl".
void add_fetch_options(CLI::App& app, FetchWords& words, const std::string& does);

/// Throws UsageError.
void set_fetch_options(const FetchWords& words, CrawlOptions& options);

}  // namespace parlab
