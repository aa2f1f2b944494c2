#pragma once

// Options that the verbs share which ask web servers: the starts, the scope, politeness and limits of their requests,
// the output.

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
  std::string json;
  std::vector<std::string> addresses, hosts;
  bool no_robots = false, allow_private = false, quiet = false;
};

void add_starts(CLI::App& app, FetchWords& words);
/// An option that may be repeated, each time with one value: URL may follow.
void add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                  const std::string& help);
/// `does` is what is done to pages in scope: "crawl".
void add_fetch_options(CLI::App& app, FetchWords& words, const std::string& does);
/// `lines`: what --json writes.
void add_output_options(CLI::App& app, FetchWords& words, const std::string& lines);

/// Throws UsageError, in the name of the verb where the URL is missing.
void set_fetch_options(const FetchWords& words, const std::string& verb, CrawlOptions& options);

/// Says which packages a build without the crawler lacks. Throws UsageError.
[[noreturn]] void refuse_without_crawler(const std::string& verb);

}  // namespace parlab
