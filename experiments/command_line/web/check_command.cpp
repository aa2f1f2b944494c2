// parlab check: the link checker as a tool.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/command_line/verbs.hpp"
#include "experiments/command_line/web/fetch_words.hpp"
#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_CRAWLER
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/line_output.hpp"
#include "experiments/command_line/web/check_report.hpp"
#include "experiments/measure/results/output_file.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/parse_words.hpp"

namespace parlab {
namespace {

/// Progress is shown where a check takes longer.
constexpr std::chrono::seconds silent_at_first{2};

struct CheckWords {
  FetchWords fetch;
  std::vector<std::string> ignore;
  std::string cache, cache_age = "24h", junit;
  bool no_other_hosts = false;
};

void add_check_options(CLI::App& app, CheckWords& words) {
  add_starts(app, words.fetch);
  add_repeated(app, "--ignore", words.ignore,
               "addresses that are neither asked for nor reported, as in '*/private/*'; * is any "
               "text");
  app.add_flag("--no-other-hosts", words.no_other_hosts, "do not ask other hosts");
  app.add_option("--cache", words.cache,
                 "file that remembers links to other hosts that were fine, for later checks")
      ->check(complaint_on_empty);
  app.add_option("--cache-age", words.cache_age, "how long they count as fine [24h]");
  add_fetch_options(app, words.fetch, "check");
  app.add_option("--junit", words.junit, "writes a JUnit report, a test case per address")
      ->check(complaint_on_empty);
  add_output_options(app, words.fetch,
                     "address: url, state, status, error, final, links, parents; - for stdout, in "
                     "place of the report");
  app.footer(
      "Pages in scope are read: links, pictures, scripts, style sheets and what these name, "
      "srcset, "
      "media, frames, forms, refreshes, and the anchors that fragments name. Other hosts are asked "
      "by HEAD, or GET where that fails. mailto:, file: and other schemes are not checked.\n"
      "The first Ctrl-C waits 2 s at most for what is asked for and reports what is known, the "
      "second "
      "ends at once.\n"
      "Proxies are taken from http_proxy, https_proxy, all_proxy and no_proxy in the environment.\n"
      "Exit codes: 0 no broken link; 1 a broken link, or nothing could be read; 2 bad input; 130 "
      "interrupted.\n"
      "Example: parlab check https://example.com/docs/ --prefix /docs/ --ignore '*/search*'");
}

CheckOptions check_options_of(const CheckWords& words) {
  CheckOptions options;
  set_fetch_options(words.fetch, "check", options.crawl);
  options.ignore = words.ignore;
  options.other_hosts = !words.no_other_hosts;
  options.cache = words.cache;
  options.cache_age = std::chrono::duration_cast<std::chrono::seconds>(
      parse_duration("--cache-age", words.cache_age, std::chrono::hours(24 * 365)));
  return options;
}

/// Of each state, how many addresses.
struct Counts {
  std::uint64_t broken = 0, moved = 0, unchecked = 0;

  void add(LinkState state) {
    broken += state == LinkState::broken ? 1 : 0;
    moved += state == LinkState::moved ? 1 : 0;
    unchecked += state == LinkState::unchecked ? 1 : 0;
  }
};

std::string counted(std::uint64_t count, const char* one, const char* more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

void tell_check(const CheckSummary& summary, const Counts& counts) {
  std::string text = fmt::format(
      "parlab check: {} on {}, to {}: {} broken, {} moved, {} not checked; {:.1f} s\n",
      counted(summary.links, "link", "links"), counted(summary.totals.pages, "page", "pages"),
      counted(summary.totals.known, "address", "addresses"), counts.broken, counts.moved,
      counts.unchecked, summary.seconds);
  if (summary.ignored > 0)
    text += fmt::format("parlab check: {} by --ignore\n",
                        counted(summary.ignored, "link was passed over", "links were passed over"));
  if (summary.cached > 0)
    text += fmt::format("parlab check: {} from the cache\n",
                        counted(summary.cached, "address", "addresses"));
  for (const auto& [scheme, count] : summary.other_schemes)
    text += fmt::format("parlab check: {} by {}: not checked\n", counted(count, "link", "links"),
                        scheme);
  if (summary.signal != 0)
    text += fmt::format("parlab check: interrupted with {} of {} addresses checked\n",
                        summary.totals.checked, summary.totals.known);
  write_stderr(text);
}

}  // namespace

int check_command(const Arguments& arguments) {
  CLI::App app("Checks every link of a web site.", "parlab check");
  CheckWords words;
  add_check_options(app, words);
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  const CheckOptions options = check_options_of(words);
  LineOutput lines(words.fetch.json);
  std::optional<OutputFile> junit_file, cache_file;
  if (!words.junit.empty()) junit_file.emplace(words.junit);
  if (!words.cache.empty()) cache_file.emplace(words.cache);

  const auto begin = std::chrono::steady_clock::now();
  bool is_shown = false;
  CheckWatcher watcher;
  if (!words.fetch.quiet && isatty(STDERR_FILENO) != 0)
    watcher.progress = [&](const CheckProgress& now) {
      if (std::chrono::steady_clock::now() - begin < silent_at_first) return;
      is_shown = true;
      tell("\r\033[K{} pages read, {} of {} addresses checked, {} broken", now.pages, now.checked,
           now.known, now.broken);
    };
  if (!words.fetch.quiet)
    watcher.draining = [] {
      tell(
          "\nparlab check: finishing what is asked for, 2 s at most; press Ctrl-C again to end at "
          "once\n");
    };
  Counts counts;
  JunitReport junit;
  bool has_erased = false;
  const CheckSummary summary = check_links(options, watcher, [&](const CheckedLink& link) {
    if (is_shown && !std::exchange(has_erased, true)) tell("\r\033[K");
    end_on_interruption();  // the check has let go of the signals
    counts.add(link.state);
    lines.add(link_line(link));
    if (junit_file) junit.add(link);
    const bool is_told = link.state == LinkState::broken || link.state == LinkState::moved;
    if (is_told && words.fetch.json != "-") write_stdout(told_link(link));
  });
  end_on_interruption();
  flush_stdout();
  lines.finish();
  if (junit_file) junit_file->publish(junit.text(summary.seconds));
  if (cache_file) cache_file->publish(summary.cache_text);
  if (!words.fetch.quiet) tell_check(summary, counts);
  if (summary.signal != 0) return 128 + summary.signal;
  if (summary.totals.pages == 0 && counts.broken == 0)
    tell("parlab check: {} could not be read as a page, so nothing was checked\n",
         words.fetch.addresses.front());
  return counts.broken > 0 || summary.totals.pages == 0 ? 1 : 0;
}

}  // namespace parlab

#else

namespace parlab {

int check_command(const Arguments&) { refuse_without_crawler("check"); }

}  // namespace parlab

#endif
