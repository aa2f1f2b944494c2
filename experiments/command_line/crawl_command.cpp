// parlab crawl: the crawler as a tool.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/command_line/verbs.hpp"
#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_CRAWLER
#include <unistd.h>

#include <algorithm>
#include <array>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/line_output.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/network/crawler/crawler.hpp"
#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {
namespace {

/// Options as they were typed.
struct Words {
  std::string address, depth, pages = "100000", bytes, page_bytes = "10Mi", prefix, state, json;
  std::string at_once = "100", per_host = "8", delay = "0", retries = "3", timeout = "120";
  std::string folder, ca_file, agent = "parlab";
  std::vector<std::string> hosts;
  bool no_robots = false, sitemap = false, allow_private = false, quiet = false;
};

void add_options(CLI::App& app, Words& words) {
  app.add_option("URL", words.address, "the page to start from");
  app.add_option("--host", words.hosts,
                 "another host to crawl, besides that of URL; may be repeated")
      ->delimiter(',');
  app.add_option("--prefix", words.prefix, "only pages whose path begins with this, as in /docs/");
  app.add_option("--depth", words.depth, "max links between the start and a page [any]");
  app.add_option("--pages", words.pages, "max pages [100000]");
  app.add_option("--bytes", words.bytes, "max bytes in total, decompressed [any]");
  app.add_option("--page-bytes", words.page_bytes, "max bytes per page, decompressed [10Mi]");
  app.add_option("--at-once", words.at_once, "max requests at once [100]");
  app.add_option("--per-host", words.per_host, "max requests at once per host [8]");
  app.add_option("--delay", words.delay, "min milliseconds between two requests to a host [0]");
  app.add_option(
      "--retries", words.retries,
      "max retries after a lost connection, a timeout, 408, 429, 500, 502, 503, 504 [3]");
  app.add_option("--timeout", words.timeout, "max seconds per page in total [120]");
  app.add_flag("--sitemap", words.sitemap, "also crawl what the sitemaps in robots.txt list");
  app.add_flag("--no-robots", words.no_robots, "ignore robots.txt; for your own sites");
  app.add_flag(
      "--allow-private", words.allow_private,
      "also crawl hosts with private addresses; else they are refused, unless URL has one");
  app.add_option("--ca", words.ca_file, "file of certificates to trust, besides the system's");
  app.add_option("--agent", words.agent,
                 "the User-Agent; its first word is looked up in robots.txt [parlab]");
  app.add_option("--state", words.state,
                 "file that stores the crawl; the same command continues it");
  app.add_option("--save", words.folder, "folder to save pages in");
  app.add_option(
         "--json", words.json,
         "writes one JSON line per page: url, status, error, bytes, seconds, depth, parent; - "
         "for stdout")
      ->check(complaint_on_empty);
  app.add_flag("--quiet", words.quiet, "no progress, no summary");
  app.footer(
      "The first Ctrl-C finishes the pages in progress, the second ends at once.\n"
      "Exit codes: 0 crawled, even if single pages failed; 1 the start could not be fetched, "
      "or leads out of scope; "
      "130 interrupted.\n"
      "Example: parlab crawl https://example.com/docs/ --prefix /docs/ --state docs.crawl --json "
      "docs.jsonl");
}

CrawlOptions options_of(const Words& words) {
  if (words.address.empty()) throw UsageError("crawl: the URL is missing; see parlab crawl --help");
  CrawlOptions options;
  options.start = words.address;
  options.hosts = words.hosts;
  options.prefix = words.prefix;
  options.limits.pages = parse_quantity("--pages", words.pages, 1);
  options.limits.page_bytes = parse_quantity("--page-bytes", words.page_bytes, 1, 1ULL << 30);
  if (!words.bytes.empty()) options.limits.total_bytes = parse_quantity("--bytes", words.bytes, 1);
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
  options.sitemap = words.sitemap;
  options.allow_private = words.allow_private;
  options.ca_file = words.ca_file;
  options.agent = words.agent;
  if (words.agent.empty() ||
      std::ranges::any_of(words.agent, [](unsigned char c) { return c < 32 || c > 126; }))
    throw UsageError("--agent: only printable ASCII may stand in a request; give another");
  options.state = words.state;
  options.folder = words.folder;
  return options;
}

/// Whether a page's line tells of an answer: a page, an error status or a redirect.
bool is_answer(const std::string& line) {
  return std::ranges::any_of(
      std::array{"\"error\":null", "\"error\":\"http_", "\"error\":\"redirect_"},
      [&](const char* sign) { return line.find(sign) != std::string::npos; });
}

/// That the start leads out of scope, and what to add.
void tell_where_start_leads(const std::string& target, const Words& words) {
  const auto address = Address::parse(target);
  if (!address) return;
  tell("parlab crawl: {} leads to {}, which is out of scope; start there, or add --host {}{}\n",
       words.address, target, address->authority(),
       words.prefix.empty() ? "" : " or a shorter --prefix");
}

void show_progress(const CrawlTotals& totals) {
  tell("\r\033[K{} pages, {} known, {} failed, {:.1f} MiB", totals.done, totals.known,
       totals.failed, static_cast<double>(totals.bytes) / (1 << 20));
}

/// The summary, and what is left to do.
void tell_summary(const CrawlSummary& summary, const Words& words) {
  const CrawlTotals& t = summary.totals;
  tell("parlab crawl: {} page{} done, {:.1f} MiB; {} request{} in {:.1f} s\n", t.done,
       t.done == 1 ? "" : "s", static_cast<double>(t.bytes) / (1 << 20), summary.requests,
       summary.requests == 1 ? "" : "s", summary.seconds);
  if (t.failed > 0) {
    std::vector<std::string> classes;
    for (const auto& [name, count] : summary.errors)
      classes.push_back(fmt::format("{} {}", count, name));
    tell("parlab crawl: {} with an error: {}\n", t.failed, fmt::join(classes, ", "));
  }
  if (summary.signal != 0)
    tell("parlab crawl: interrupted with {} pages to go{}\n", t.known - t.done,
         words.state.empty() ? "" : "; the same command continues");
  else if (t.known > t.done)
    fmt::print(stderr,
               "parlab crawl: {} known pages are left, beyond --pages or --bytes; raise them{}\n",
               t.known - t.done, words.state.empty() ? "" : ", and the same command continues");
}

}  // namespace

int crawl_command(const Arguments& arguments) {
  CLI::App app("Crawls a web site politely: each page in scope once, within limits.",
               "parlab crawl");
  Words words;
  add_options(app, words);
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  const CrawlOptions options = options_of(words);
  LineOutput output(words.json);

  const bool is_shown = !words.quiet && isatty(STDERR_FILENO) != 0;
  CrawlWatcher watcher;
  if (is_shown) watcher.progress = show_progress;
  if (!words.quiet)
    watcher.draining = [] {
      tell("\nparlab crawl: finishing the pages in progress; press Ctrl-C again to end at once\n");
    };
  bool any_answer = false;
  const CrawlSummary summary = crawl(options, watcher, [&](const std::string& line) {
    end_on_interruption();  // the crawl has let go of the signals
    any_answer = any_answer || is_answer(line);
    output.add(line);
  });
  end_on_interruption();
  if (is_shown) tell("\r\033[K");
  if (!words.quiet) tell_summary(summary, words);
  if (!any_answer && summary.signal == 0)
    tell("parlab crawl: {} could not be fetched: {}\n", words.address,
         summary.errors.empty() ? "no answer" : summary.errors.front().first);
  if (!summary.start_leads_to.empty()) tell_where_start_leads(summary.start_leads_to, words);
  output.finish();
  if (summary.signal != 0) return 128 + summary.signal;
  return any_answer && summary.start_leads_to.empty() ? 0 : 1;
}

}  // namespace parlab

#else

namespace parlab {

int crawl_command(const Arguments&) {
#ifdef PARLAB_CRAWLER_LACKS
  throw UsageError("crawl: this build lacks" PARLAB_CRAWLER_LACKS
                   "; run make deps, then make build");
#else
  throw UsageError("crawl: this build lacks libboost-dev; run make deps, then make build");
#endif
}

}  // namespace parlab

#endif
