#include "experiments/command_line/web/fetch_words.hpp"

#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_CRAWLER
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"

namespace parlab {

void add_starts(CLI::App& app, FetchWords& words) {
  app.add_option("URL", words.addresses, "the page to start from; more may follow");
}

void add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                  const std::string& help) {
  app.add_option(name, values, help + "; may be repeated")->allow_extra_args(false);
}

void add_fetch_options(CLI::App& app, FetchWords& words, const std::string& does) {
  add_repeated(app, "--host", words.hosts, "another host to " + does + ", besides that of URL");
  app.get_option("--host")->delimiter(',');
  app.add_option("--prefix", words.prefix, "only pages whose path begins with this, as in /docs/");
  app.add_option("--depth", words.depth, "max links between the start and a page [any]");
  app.add_option("--page-bytes", words.page_bytes, "max bytes per page, decompressed [10Mi]");
  app.add_option("--at-once", words.at_once, "max requests at once [100]");
  app.add_option("--per-host", words.per_host, "max requests at once per host [8]");
  app.add_option("--delay", words.delay, "min milliseconds between two requests to a host [0]");
  app.add_option(
      "--retries", words.retries,
      "max retries after a lost connection, a timeout, 408, 429, 500, 502, 503, 504 [3]");
  app.add_option("--timeout", words.timeout, "max seconds per page in total [120]");
  app.add_flag("--no-robots", words.no_robots, "ignore robots.txt; for your own sites");
  app.add_flag(
      "--allow-private", words.allow_private,
      "also " + does + " hosts with private addresses; else they are refused, unless URL has one");
  app.add_option("--ca", words.ca_file, "file of certificates to trust, besides the system's");
  app.add_option("--agent", words.agent,
                 "the User-Agent; its first word is looked up in robots.txt [parlab]");
}

void add_output_options(CLI::App& app, FetchWords& words, const std::string& lines) {
  app.add_option("--json", words.json, "writes one JSON line per " + lines)
      ->check(complaint_on_empty);
  app.add_flag("--quiet", words.quiet, "no progress, no summary");
}

void set_fetch_options(const FetchWords& words, const std::string& verb, CrawlOptions& options) {
  if (words.addresses.empty())
    throw UsageError(fmt::format("{}: the URL is missing; see parlab {} --help", verb, verb));
  options.start = words.addresses.front();
  options.more_starts.assign(words.addresses.begin() + 1, words.addresses.end());
  options.hosts = words.hosts;
  options.prefix = words.prefix;
  options.limits.page_bytes = parse_quantity("--page-bytes", words.page_bytes, 1, 1ULL << 30);
  if (!words.depth.empty())
    options.limits.depth = static_cast<int>(parse_quantity("--depth", words.depth, 0, 1'000'000));
  options.at_once = parse_quantity("--at-once", words.at_once, 1, 10'000);
  options.at_once_per_host = parse_quantity("--per-host", words.per_host, 1, 10'000);
  options.delay = std::chrono::milliseconds(parse_quantity("--delay", words.delay, 0, 3'600'000));
  options.retries = static_cast<int>(parse_quantity("--retries", words.retries, 0, 100));
  options.timeouts.total =
      std::chrono::seconds(parse_quantity("--timeout", words.timeout, 1, 86'400));
  for (auto* part : {&options.timeouts.resolve, &options.timeouts.connect,
                     &options.timeouts.first_byte, &options.timeouts.idle})
    *part = std::min(*part, options.timeouts.total);
  options.robots = !words.no_robots;
  options.allow_private = words.allow_private;
  options.ca_file = words.ca_file;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  options.proxies = Proxies::from_environment([](const char* name) { return std::getenv(name); });
  options.agent = words.agent;
  if (words.agent.empty() ||
      std::ranges::any_of(words.agent, [](unsigned char c) { return c < 32 || c > 126; }))
    throw UsageError("--agent: only printable ASCII may stand in a request; give another");
}

}  // namespace parlab

#else

namespace parlab {

void refuse_without_crawler(const std::string& verb) {
#ifdef PARLAB_CRAWLER_LACKS
  constexpr const char* lacks = PARLAB_CRAWLER_LACKS;
#else
  constexpr const char* lacks = " libboost-dev";
#endif
  throw UsageError(verb + ": this build lacks" + lacks + "; run make deps, then make build");
}

}  // namespace parlab

#endif
