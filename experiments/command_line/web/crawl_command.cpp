// parlab crawl: the crawler as a tool.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/command_line/verbs.hpp"
#include "experiments/command_line/web/fetch_words.hpp"
#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_CRAWLER
#include <unistd.h>

#include <algorithm>
#include <array>

#include "experiments/base/json_text.hpp"
#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/line_output.hpp"
#include "experiments/command_line/web/credentials.hpp"
#include "experiments/command_line/web/error_words.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/network/crawler/crawler.hpp"
#include "kernels/network/crawler/parsing/address.hpp"

namespace parlab {
namespace {

/// Options as they were typed.
struct Words {
  FetchWords fetch;
  std::vector<std::string> accept, reject, types, headers;
  std::string pages = "100000", bytes, state, edges, folder, mirror, credentials;
  bool sitemap = false, retry_failed = false, follow_nofollow = false;
};

void add_options(CLI::App& app, Words& words) {
  add_starts(app, words.fetch);
  add_repeated(app, "--accept", words.accept,
               "only addresses that match, as in '*.html'; * is any text");
  add_repeated(app, "--reject", words.reject, "no addresses that match");
  add_repeated(app, "--accept-type", words.types,
               "read only bodies of content types that match, as in 'text/*'");
  app.add_flag("--follow-nofollow", words.follow_nofollow,
               "follow links that pages ask crawlers not to follow; for your own sites");
  add_fetch_options(app, words.fetch, "crawl");
  app.add_option("--pages", words.pages, "max pages [100000]");
  app.add_option("--bytes", words.bytes, "max bytes in total, decompressed [any]");
  app.add_flag("--sitemap", words.sitemap, "also crawl what the sitemaps in robots.txt list");
  add_repeated(app, "--header", words.headers,
               "another line of each request to hosts in scope, as in 'Accept-Language: de'");
  app.add_option(
      "--credentials", words.credentials,
      "file of mode 600 with lines 'https://example.com basic USER:PASSWORD' or '... bearer "
      "TOKEN', each sent to that origin only");
  app.add_option("--state", words.state,
                 "file that stores the crawl; the same command continues it");
  app.add_flag("--retry-failed", words.retry_failed,
               "fetch pages again that ended with an error in the state");
  app.add_option("--save", words.folder, "folder to save pages in");
  app.add_option(
      "--mirror", words.mirror,
      "folder for a copy of the site that browsers open from disk, with what its pages need; "
      "the next run asks for what has changed");
  app.add_option("--edges", words.edges,
                 "writes one JSON line per link of the pages that are fetched: from, to")
      ->check(complaint_on_empty);
  add_output_options(app, words.fetch,
                     "page as it ends: url, status, error, bytes, seconds, depth, parent, type, "
                     "links, phases, ...; - for stdout, or a pipe");
  app.footer(
      "The first Ctrl-C gives the pages in progress 2 s, the second ends at once.\n"
      "Proxies are taken from http_proxy, https_proxy, all_proxy and no_proxy in the environment.\n"
      "Exit codes: 0 crawled, even if single pages failed; 1 the start could not be fetched, "
      "or leads out of scope; "
      "130 interrupted.\n"
      "Example: parlab crawl https://example.com/docs/ --prefix /docs/ --state docs.crawl --json "
      "docs.jsonl");
}

CrawlOptions options_of(const Words& words) {
  CrawlOptions options;
  set_fetch_options(words.fetch, "crawl", options);
  options.accept = words.accept;
  options.reject = words.reject;
  options.types = words.types;
  options.follow_nofollow = words.follow_nofollow;
  for (const std::string& header : words.headers) options.headers.push_back(checked_header(header));
  if (!words.credentials.empty()) options.credentials = read_credentials(words.credentials);
  options.retry_failed = words.retry_failed;
  if (words.retry_failed && words.state.empty())
    throw UsageError("--retry-failed needs the --state of an earlier run");
  options.limits.pages = parse_quantity("--pages", words.pages, 1);
  if (!words.bytes.empty()) options.limits.total_bytes = parse_quantity("--bytes", words.bytes, 1);
  options.sitemap = words.sitemap;
  options.state = words.state;
  options.mirror = words.mirror;
  if (!words.mirror.empty() && !(words.state.empty() && words.folder.empty()))
    throw UsageError("--mirror keeps an index of its own: leave out --state and --save");
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
       words.fetch.addresses.front(), target, address->authority(),
       words.fetch.prefix.empty() ? "" : " or a shorter --prefix");
}

void tell_failure(const std::string& start, const std::string& error) {
  const std::string meaning = error_in_words(error, 0);
  tell("parlab crawl: {} could not be fetched: {}{}\n", printable(start), meaning,
       meaning == error ? "" : fmt::format(" ({})", error));
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
  if (!words.mirror.empty() && summary.unchanged > 0)
    tell("parlab crawl: {} had not changed\n", summary.unchanged);
  if (!summary.start_file.empty())
    tell("parlab crawl: open {}/{}\n", words.mirror, printable(summary.start_file));
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
  LineOutput output(words.fetch.json), edges(words.edges);

  const bool is_shown = !words.fetch.quiet && isatty(STDERR_FILENO) != 0;
  CrawlWatcher watcher;
  watcher.progress = [&](const CrawlTotals& totals) {
    output.flush();
    edges.flush();
    if (is_shown) show_progress(totals);
  };
  watcher.released = [] { end_on_interruption(); };
  if (!words.edges.empty())
    watcher.edge = [&](const std::string& from, const std::string& to) {
      edges.add(json_line({{"from", from}, {"to", to}}));
    };
  if (!words.fetch.quiet)
    watcher.draining = [] {
      tell(
          "\nparlab crawl: finishing the pages in progress, 2 s at most; press Ctrl-C again to end "
          "at once\n");
    };
  bool any_answer = false;
  const CrawlSummary summary = crawl(options, watcher, [&](const std::string& line) {
    any_answer = any_answer || is_answer(line);
    output.add(line);
  });
  end_on_interruption();
  if (is_shown) tell("\r\033[K");
  if (!words.fetch.quiet) tell_summary(summary, words);
  if (!any_answer && summary.signal == 0)
    tell_failure(words.fetch.addresses.front(),
                 summary.errors.empty() ? "no answer" : summary.errors.front().first);
  if (!summary.start_leads_to.empty()) tell_where_start_leads(summary.start_leads_to, words);
  output.finish();
  edges.finish();
  if (summary.signal != 0) return 128 + summary.signal;
  return any_answer && summary.start_leads_to.empty() ? 0 : 1;
}

}  // namespace parlab

#else

namespace parlab {

int crawl_command(const Arguments&) { refuse_without_crawler("crawl"); }

}  // namespace parlab

#endif
