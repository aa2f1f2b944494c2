#include "kernels/network/crawler/crawler.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/wildcard.hpp"
#include "kernels/network/crawler/fetching/crawl_loop.hpp"
#include "kernels/network/crawler/mirror/mirror.hpp"
#include "kernels/network/crawler/page_files.hpp"
#include "kernels/network/crawler/page_line.hpp"
#include "kernels/network/crawler/parsing/content_coding.hpp"
#include "kernels/network/crawler/parsing/idna.hpp"
#include "kernels/network/crawler/references/read_page.hpp"
#include "kernels/network/crawler/scope.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<Address> more_starts_of(const CrawlOptions& options) {
  std::vector<Address> starts;
  for (const std::string& start : options.more_starts) starts.push_back(start_address(start));
  return starts;
}

/// In scope, those of the starts among them.
std::vector<std::string> hosts_of(const CrawlOptions& options, const std::vector<Address>& starts) {
  std::vector<std::string> hosts = options.hosts;
  for (const Address& start : starts) hosts.push_back(start.origin());
  return hosts;
}

class Crawl : private CrawlClient {
 public:
  using Lines = std::function<void(const std::string&)>;

  Crawl(const CrawlOptions& options, const CrawlWatcher& watcher, const Lines& lines)
      : options_(options),
        watcher_(watcher),
        lines_(lines),
        start_(start_address(options.start)),
        scope_(start_, hosts_of(options, starts_), options.prefix),
        product_(lower(product_of(options.agent))),
        loop_(options, *this),
        store_(options.state),
        files_(options.folder) {
    if (!options.mirror.empty()) mirror_.emplace(options.mirror);
    std::string remembered =
        fmt::format("{} {} {}", start_.text(), fmt::join(options.hosts, ","), options.prefix);
    for (const Address& start : starts_) remembered += " " + start.text();
    for (const std::string& pattern : options.accept) remembered += " accept " + pattern;
    for (const std::string& pattern : options.reject) remembered += " reject " + pattern;
    for (const std::string& pattern : options.types) remembered += " type " + pattern;
    if (options.follow_nofollow) remembered += " nofollow";
    store_.remember_options(remembered);
    store_.remember_depth(options.limits.depth);
    if (options.retry_failed) store_.retry_failed();
  }

  CrawlSummary run() {
    const auto begin = Clock::now();
    store_.add({start_.text(), start_.origin(), 0, 0}, 0);
    for (const Address& start : starts_) store_.add({start.text(), start.origin(), 0, 0}, 0);
    if (lines_) store_.each_line(false, lines_);
    loop_.run(start_);
    if (watcher_.released) watcher_.released();
    store_.commit();
    store_.mark_redirects(options_.limits.redirects);
    if (lines_) store_.each_line(true, lines_);
    CrawlSummary summary = summary_;
    if (mirror_) {
      mirror_->finish();
      summary.start_file = mirror_->file_of(start_.text()).value_or("");
    }
    const auto end = store_.end_of_redirects(start_.text());
    if (end && end->second.error == "redirect_out_of_scope")
      summary.start_leads_to = end->second.redirect;
    summary.requests = loop_.requests();
    summary.signal = loop_.signal();
    summary.complete = loop_.is_complete();
    summary.totals = store_.totals();
    summary.errors = store_.errors();
    summary.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return summary;
  }

 private:
  // ---- What the loop asks ------------------------------------------------------------------

  void started() override {
    if (options_.limits.depth < CrawlLimits().depth) loop_.turns().set_deepest(0);
    for (const std::string& origin : store_.hosts()) loop_.turns().wake(loop_.host_of(origin));
  }

  bool may_begin_more(std::uint64_t active) override {
    const CrawlTotals totals = store_.totals();
    return totals.done + active < options_.limits.pages &&
           totals.bytes < options_.limits.total_bytes;
  }

  /// With a limit of depth, pages are taken level by level: otherwise which were within it depended on
  /// what answered first.
  bool go_deeper() override {
    const auto depth = store_.lowest_depth_left();
    if (!depth || *depth <= loop_.turns().deepest()) return false;
    loop_.turns().set_deepest(*depth);
    loop_.wake_all();
    return true;
  }

  std::vector<Page> load_pages(const std::string& origin, std::int64_t after, std::size_t most,
                               int deepest) override {
    return store_.next_pages(origin, after, most, deepest);
  }

  void refused(const Task& task, const std::string& error) override { finish(task, 0, error, 0); }

  HttpRequest request_for(const Task& task, const Address& address) override {
    HttpRequest request;
    if (scope_.contains(address))
      for (const std::string& header : options_.headers) request.fields += header + "\r\n";
    for (const Credential& credential : options_.credentials)
      if (credential.origin == address.origin())
        request.fields += "Authorization: " + credential.authorization + "\r\n";
    if (mirror_) request.fields += mirror_->condition(task.page.url);
    if (!options_.types.empty())
      request.wants_body = [this](const MessageReader& reader) { return is_wanted_type(reader); };
    return request;
  }

  /// Errors and redirects tell something whatever their type is.
  bool is_wanted_type(const MessageReader& reader) const {
    if (options_.types.empty() || reader.status() < 200 || reader.status() >= 300) return true;
    const std::string type = lower(reader.field("content-type"));
    const std::string_view essence = trimmed(std::string_view(type).substr(0, type.find(';')));
    return std::ranges::any_of(options_.types, [&](const std::string& pattern) {
      return matches_whole(lower(pattern), essence);
    });
  }

  void sitemap_names(const Address& page) override {
    if (is_wanted(page)) add(page, 0, 0, 0);
  }

  void tick() override {
    store_.commit();
    if (watcher_.progress) watcher_.progress(store_.totals());
  }

  void draining() override {
    if (watcher_.draining) watcher_.draining();
  }

  bool is_wanted(const Address& address) const {
    const auto matches = [&](const std::string& pattern) {
      return matches_whole(pattern, address.text());
    };
    return scope_.contains(address) && std::ranges::none_of(options_.reject, matches) &&
           (options_.accept.empty() || std::ranges::any_of(options_.accept, matches));
  }

  // ---- One page ----------------------------------------------------------------------------

  /// What an answer means: a result and new pages.
  void answered(Host& host, const Task& task, const Address& address, Answer& answer) override {
    MessageReader& reader = answer.reader();
    const HttpPhases& phases = answer.connection->phases();
    JsonFields times;
    times.add("connect", phases.connect);
    times.add("first_byte", phases.first_byte);
    times.add("body", phases.body);
    more_ = {};
    if (answer.error.empty() && !reader.field("content-type").empty())
      more_.add("type", reader.field("content-type"));
    more_.add("phases", times);
    const bool is_answered = answer.error.empty();
    const int status = is_answered ? reader.status() : 0;
    if (!is_answered)  // the head may have come before the rest was lost
      return finish(task, answer.error == "malformed" ? 0 : reader.status(), answer.error, 0);
    bool has_new_cookie = false;
    reader.each_field("set-cookie", [&](std::string_view value) {
      has_new_cookie |=
          host.cookies.take(value, address.host(), address.target(), std::time(nullptr));
    });
    if (status >= 300 && status < 400 && !reader.field("location").empty()) {
      const std::string location(reader.field("location"));
      if (has_new_cookie && comes_back(host, task, address, location)) return;
      return redirect(task, address, status, location);
    }
    if (!is_wanted_type(reader)) return finish(task, status, "type_not_accepted", 0);
    if (status == 304 && mirror_) {
      ++summary_.unchanged;
      const auto [type, body] = mirror_->unchanged(task.page.url);
      ReadPage page(address, type, body, product_);
      follow(task, reader, page);
      return finish(task, status, "", 0);
    }
    if (status < 200 || status >= 300)  // tells more than whether its body can be undone
      return finish(task, status, fmt::format("http_{}", status), reader.body().size());
    std::string body;
    const InflateResult inflated = inflate_body(reader.field("content-encoding"), reader.body(),
                                                options_.limits.page_bytes, body);
    if (inflated != InflateResult::ok)
      return finish(task, status,
                    inflated == InflateResult::too_big ? "inflated_too_big" : "bad_encoding",
                    body.size());
    if (!options_.folder.empty()) more_.add("file", PageFiles::name_of(address));
    files_.save(address, body);
    const std::string type = ReadPage::type_of(reader.field("content-type"), body);
    if (mirror_)
      mirror_->save(address,
                    {.type = type,
                     .status = status,
                     .etag = std::string(reader.field("etag")),
                     .modified = std::string(reader.field("last-modified"))},
                    body);
    ReadPage page(address, type, body, product_);
    follow(task, reader, page);
    finish(task, status, "", body.size());
  }

  /// Adds what a page refers to, and has the mirror write it.
  void follow(const Task& task, const MessageReader& reader, ReadPage& page) {
    bool is_nofollow = page.found().is_nofollow;
    reader.each_field("x-robots-tag", [&](std::string_view value) {
      is_nofollow = is_nofollow || says_nofollow(value, product_);
    });
    const bool is_followed = page.kind() == ReadPage::Kind::html &&
                             task.page.depth < options_.limits.depth &&
                             (!is_nofollow || options_.follow_nofollow);
    if (mirror_) add_requisites(task.page, page);
    if (is_followed) add_links(task.page, page);
    if (!mirror_) return;
    more_.add("file", mirror_->file_of(task.page.url).value_or(""));
    if (page.kind() == ReadPage::Kind::other) return;
    mirror_->write(page, [&](const Address& target, const Reference& reference) {
      return is_shown(reference) || (is_followed && is_link(reference) && is_wanted(target));
    });
  }

  /// What a browser loads to show the page, wherever it is. As deep as the page itself.
  void add_requisites(const Page& from, ReadPage& page) {
    for (const Reference& reference : page.found().references) {
      if (!is_shown(reference)) continue;
      const auto& target = page.target(reference);
      if (!target) continue;
      requisites_.insert(target->text());
      add(*target, from.depth, 0, from.id);
    }
  }

  bool is_link(const Reference& reference) const {
    return reference.is_followed && !reference.url.empty() &&
           (!reference.is_nofollow || options_.follow_nofollow);
  }

  void add_links(const Page& from, ReadPage& page) {
    std::uint64_t links = 0;
    for (const Reference& reference : page.found().references) {
      if (!is_link(reference)) continue;
      ++links;
      const auto& target = page.target(reference);
      if (!target) continue;
      if (watcher_.edge) watcher_.edge(from.url, target->text());
      if (is_wanted(*target)) add(*target, from.depth + 1, 0, from.id);
    }
    more_.add("links", links);
  }

  /// A page that sets a cookie and redirects to itself is asked for again, with the cookie.
  bool comes_back(Host& host, Task task, const Address& address, const std::string& location) {
    const auto target = address.resolve(location);
    if (!target || target->text() != address.text() ||
        ++task.page.redirects > options_.limits.redirects)
      return false;
    loop_.ask_again(host, std::move(task));
    return true;
  }

  void redirect(const Task& task, const Address& address, int status, const std::string& location) {
    const auto target = address.resolve(location);
    const std::string scheme = scheme_of(location);
    std::string error;
    if (!scheme.empty() && scheme != "http" && scheme != "https")
      error = "redirect_scheme";
    else if (!target)
      error = "redirect_malformed";
    else if (store_.redirected_from(task.page.id, target->text()))
      error = "redirect_loop";
    else if (task.page.redirects >= options_.limits.redirects)
      error = "redirect_limit";
    else if (!is_wanted(*target) && !requisites_.contains(task.page.url))
      error = "redirect_out_of_scope";
    else
      add(*target, task.page.depth, task.page.redirects + 1, task.page.id);
    if (error.empty() && requisites_.contains(task.page.url)) requisites_.insert(target->text());
    finish(task, status, error, 0, target ? target->text() : std::string());
  }

  void add(const Address& address, int depth, int redirects, std::int64_t parent) {
    if (!store_.add({address.text(), address.origin(), depth, redirects}, parent)) return;
    Host& host = loop_.host_of(address.origin());
    host.may_have_more = true;
    loop_.turns().wake(host);
  }

  void finish(const Task& task, int status, const std::string& error, std::uint64_t bytes,
              const std::string& redirect = {}) {
    PageResult result{status, error, bytes, 0, std::max(task.tries, 1), redirect};
    if (const JsonFields more = std::exchange(more_, {}); !more.empty()) result.more = more.text();
    result.seconds = std::chrono::duration<double>(Clock::now() - task.begun).count();
    if (mirror_ && (status < 200 || status >= 300) && status != 304)
      mirror_->note(task.page.url, status, error, error.empty() ? redirect : std::string());
    store_.finish(task.page, result);
    if (lines_ && redirect.empty()) lines_(store_.line_of(task.page, result));
  }

  const CrawlOptions& options_;
  const CrawlWatcher& watcher_;
  const Lines& lines_;
  Address start_;  // before the store: a bad address makes no file
  std::vector<Address> starts_ = more_starts_of(options_);  // the others
  Scope scope_;
  std::string product_;  // as robots.txt and pages name us
  CrawlLoop loop_;
  PageStore store_;
  PageFiles files_;
  std::optional<Mirror> mirror_;
  std::unordered_set<std::string> requisites_;  // of pages in the mirror; they may be out of scope
  JsonFields more_;  // of the line of the page whose answer is being read
  CrawlSummary summary_;
};

}  // namespace

CrawlSummary crawl(const CrawlOptions& options, const CrawlWatcher& watcher,
                   const std::function<void(const std::string&)>& lines) {
  return Crawl(options, watcher, lines).run();
}

}  // namespace parlab
