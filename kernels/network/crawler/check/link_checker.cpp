#include "kernels/network/crawler/check/link_checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/wildcard.hpp"
#include "kernels/network/crawler/check/link_cache.hpp"
#include "kernels/network/crawler/fetching/crawl_loop.hpp"
#include "kernels/network/crawler/parsing/content_coding.hpp"
#include "kernels/network/crawler/references/read_page.hpp"
#include "kernels/network/crawler/scope.hpp"

namespace parlab {
namespace {

using Id = LinkTable::Id;

/// A body that is not wanted is read all the same where this is cheaper than a new connection. Bytes.
constexpr std::uint64_t cheap_body = 64 << 10;

/// Whether a body may refer to something.
bool may_be_page(const MessageReader& reader) {
  const std::string_view type = reader.field("content-type");
  return type.empty() || ReadPage::kind_of(type) != ReadPage::Kind::other;
}

bool is_short(const MessageReader& reader) {
  std::uint64_t length = 0;
  const std::string_view field = reader.field("content-length");
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
  return !field.empty() && error == std::errc() && length <= cheap_body;
}
bool is_worth_reading(const MessageReader& reader) {
  return may_be_page(reader) || is_short(reader);
}

/// Whether GET may do better than HEAD, which some servers do not know, forbid or never tried.
bool is_doubtful(int status, std::string_view error) {
  if (!error.empty())
    return !error.starts_with("connect_") && !error.starts_with("tls_") &&
           !error.starts_with("proxy_");
  return status >= 400 && status != 410 && status != 429;
}

std::string fragment_of(std::string_view reference) {
  const std::size_t mark = reference.find('#');
  return mark == std::string_view::npos ? std::string() : std::string(reference.substr(mark + 1));
}

/// A user or a password stands before the host.
bool has_user(std::string_view reference) {
  const std::size_t slashes = reference.find("//");
  if (slashes == std::string_view::npos) return false;
  const std::string_view authority = reference.substr(slashes + 2);
  return authority.substr(0, authority.find_first_of("/?#\\")).find('@') != std::string_view::npos;
}

class LinkCheck : private CrawlClient {
 public:
  LinkCheck(const CheckOptions& options, const CheckWatcher& watcher)
      : options_(options),
        watcher_(watcher),
        start_(start_address(options.crawl.start)),
        scope_(start_, options.crawl.hosts, options.crawl.prefix),
        cache_(options.cache, options.cache_age),
        level_(options.crawl.limits.depth < CrawlLimits().depth ? 0 : CrawlLimits().depth),
        loop_(options.crawl, *this) {
    starts_.push_back(start_);
    for (const std::string& start : options.crawl.more_starts) {
      starts_.push_back(start_address(start));
      if (!is_in_scope(starts_.back()))
        throw UsageError(fmt::format("'{}' is not in scope of {}; add --host {}, or check it alone",
                                     start, start_.text(), starts_.back().authority()));
    }
  }

  CheckSummary run(const std::function<void(const CheckedLink&)>& visit) {
    const auto begin = CrawlLoop::Clock::now();
    loop_.run(start_);
    summary_.totals = progress();
    summary_.links = table_.links();
    summary_.requests = loop_.requests();
    summary_.signal = loop_.signal();
    if (!options_.cache.empty()) summary_.cache_text = cache_.text();
    table_.each(options_.crawl.limits.redirects, visit);
    summary_.seconds = std::chrono::duration<double>(CrawlLoop::Clock::now() - begin).count();
    return summary_;
  }

 private:
  /// What is known of an address beside the table. Page::id is its number in it.
  struct Plan {
    int depth;
    bool in_scope;
    bool by_head;  // the next request
    bool is_form;
    int comebacks = 0;  // redirects to itself with a new cookie
  };

  bool is_in_scope(const Address& address) const { return scope_.contains(address); }

  // ---- What the loop asks ------------------------------------------------------------------

  void started() override {
    for (const Address& start : starts_) target(start, 0, ReferenceUse::page);
  }
  bool may_begin_more(std::uint64_t) override { return true; }
  /// With a limit of depth, pages are taken level by level: otherwise which were within it depended on
  /// what answered first.
  bool go_deeper() override {
    if (deeper_.empty()) return false;
    ++level_;
    for (const Id id : std::exchange(deeper_, {}))
      if (const auto address = Address::parse(table_.url(id))) ask_for(id, *address);
    return true;
  }
  void tick() override {
    if (watcher_.progress) watcher_.progress(progress());
  }
  void draining() override {
    if (watcher_.draining) watcher_.draining();
  }
  CheckProgress progress() const { return {pages_read_, checked_, plans_.size(), broken_}; }

  void refused(const Task& task, const std::string& error) override {
    constexpr std::array not_ours = {"robots_disallow", "robots_unreachable", "private_address"};
    LinkAnswer answer{.error = error};
    answer.is_unchecked = std::ranges::find(not_ours, error) != not_ours.end();
    finish(id_of(task), std::move(answer));
  }

  HttpRequest request_for(const Task& task, const Address&) override {
    HttpRequest request;
    const Plan& plan = plans_[id_of(task)];
    request.is_head = plan.by_head;
    request.wants_body = plan.in_scope ? is_worth_reading : is_short;
    return request;
  }

  void answered(Host& host, const Task& task, const Address& address, Answer& answer) override {
    const Id id = id_of(task);
    Plan& plan = plans_[id];
    MessageReader& reader = answer.reader();
    const bool has_head = reader.header_complete() && answer.error != "malformed";
    const int status = has_head ? reader.status() : 0;
    // What turns out to be a page in scope is read, whatever led to it.
    const bool is_unread = plan.in_scope && status == 200 && may_be_page(reader);
    if (plan.by_head && (is_doubtful(status, answer.error) || is_unread)) {
      plan.by_head = false;
      return loop_.ask_again(host, task);
    }
    if (!answer.error.empty() && !(answer.error == "body_too_big" && status == 200))
      return finish(id, {.status = status, .error = answer.error});
    bool has_new_cookie = false;
    reader.each_field("set-cookie", [&](std::string_view value) {
      has_new_cookie |=
          host.cookies.take(value, address.host(), address.target(), std::time(nullptr));
    });
    const std::string location(reader.field("location"));
    if (status >= 300 && status < 400 && !location.empty()) {
      const auto where = address.resolve(location);
      const bool comes_back = has_new_cookie && where && where->text() == address.text() &&
                              ++plan.comebacks <= options_.crawl.limits.redirects;
      return comes_back ? loop_.ask_again(host, task) : redirect(id, address, status, location);
    }
    // A form's address may take POST only, which nobody checks.
    const bool is_fine = (status >= 200 && status < 400) || (plan.is_form && status == 405);
    if (!is_fine) return finish(id, {.status = status, .error = fmt::format("http_{}", status)});
    if (plan.in_scope && !plan.by_head) read(id, address, reader);
    finish(id, {.status = status});
  }

  // ---- What is found -----------------------------------------------------------------------

  static Id id_of(const Task& task) { return static_cast<Id>(task.page.id); }

  /// The number of an address, which is asked for if it is new. None where it is ignored.
  std::optional<Id> target(const Address& address, int depth, ReferenceUse use) {
    const std::string& url = address.text();
    if (is_ignored(url)) return std::nullopt;
    bool is_new = false;
    const Id id = table_.id_of(url, is_new);
    if (!is_new) return id;
    const bool in_scope = is_in_scope(address);
    const bool is_resource = use == ReferenceUse::resource;
    plans_.push_back({depth, in_scope, !in_scope || is_resource, use == ReferenceUse::form});
    if (!in_scope && !options_.other_hosts) {
      finish(id, {.error = "other_host", .is_unchecked = true});
      return id;
    }
    if (!in_scope) {
      if (auto known = cache_.find(url)) {
        ++summary_.cached;
        const auto next = Address::parse(known->redirect);
        finish(id, *std::move(known));
        if (next) target(*next, depth, use);
        return id;
      }
    }
    if (depth > level_)
      deeper_.push_back(id);
    else
      ask_for(id, address);
    return id;
  }

  void ask_for(Id id, const Address& address) {
    Host& host = loop_.host_of(address.origin());
    host.may_have_more = false;  // nothing lies on disk
    Page page{.id = id, .url = address.text(), .depth = plans_[id].depth};
    host.queue.push_back({std::move(page), 0, CrawlLoop::Clock::now()});
    loop_.turns().wake(host);
  }

  bool is_ignored(const std::string& url) const {
    return std::ranges::any_of(
        options_.ignore, [&](const std::string& pattern) { return matches_whole(pattern, url); });
  }

  void finish(Id id, LinkAnswer answer) {
    ++checked_;
    if (!answer.error.empty() && !answer.is_unchecked) ++broken_;
    if (!plans_[id].in_scope) cache_.remember(table_.url(id), answer);
    table_.finish(id, std::move(answer));
  }

  void redirect(Id id, const Address& address, int status, const std::string& location) {
    const auto where = address.resolve(location);
    if (!where) {
      const std::string scheme = scheme_of(location);
      const bool is_other = !scheme.empty() && scheme != "http" && scheme != "https";
      return finish(
          id, {.status = status, .error = is_other ? "redirect_scheme" : "redirect_malformed"});
    }
    const Plan plan = plans_[id];
    const auto use = plan.is_form ? ReferenceUse::form : ReferenceUse::page;
    if (!target(*where, plan.depth, use))
      return finish(id, {.status = status, .error = "redirect_ignored", .is_unchecked = true});
    finish(id, {.status = status, .redirect = where->text()});
  }

  void read(Id id, const Address& address, MessageReader& reader) {
    std::string body;
    const InflateResult inflated = inflate_body(reader.field("content-encoding"), reader.body(),
                                                options_.crawl.limits.page_bytes, body);
    if (inflated == InflateResult::malformed) return;
    ReadPage page(address, ReadPage::type_of(reader.field("content-type"), body), body);
    if (page.kind() == ReadPage::Kind::html) {
      ++pages_read_;
      if (inflated == InflateResult::ok) table_.set_anchors(id, page.found().anchors);
    }
    refer(id, page);
  }

  void refer(Id id_of_page, ReadPage& page) {
    const int depth = plans_[id_of_page].depth + 1;
    for (const Reference& reference : page.found().references) {
      // A page's own needs are as deep as it is.
      const bool is_deeper =
          reference.use == ReferenceUse::page || reference.use == ReferenceUse::form;
      if (is_deeper && depth > options_.crawl.limits.depth) continue;
      const auto& where = page.target(reference);
      std::optional<Id> id;
      if (where)
        id = target(*where, is_deeper ? depth : depth - 1, reference.use);
      else
        id = not_asked_for(reference.url);
      if (!id) {
        if (where) ++summary_.ignored;
        continue;
      }
      table_.refer(*id, fragment_of(reference.url), id_of_page,
                   {.line = static_cast<std::uint32_t>(reference.line),
                    .what = reference.element + " " + reference.attribute,
                    .text = reference.text});
    }
  }

  /// A reference that does not lead to a page: another scheme, or malformed. nullopt where it is only counted.
  std::optional<Id> not_asked_for(const std::string& reference) {
    const std::string scheme = scheme_of(reference);
    LinkAnswer answer{.is_unchecked = true};
    if (!scheme.empty() && scheme != "http" && scheme != "https") {
      ++summary_.other_schemes[scheme];
      if (scheme == "data" || scheme == "javascript" || scheme == "blob") return std::nullopt;
      answer.error = "scheme_" + scheme;
    } else if (has_user(reference)) {
      answer.error = "has_user";
    } else if (reference.size() > longest_address) {
      answer.error = "too_long";
    } else {
      answer = {.error = "bad_address"};
    }
    const std::string url = reference.substr(0, longest_address);
    if (is_ignored(url)) return std::nullopt;
    bool is_new = false;
    const Id id = table_.id_of(url, is_new);
    if (is_new) {
      plans_.push_back({0, true, false, false});
      finish(id, std::move(answer));
    }
    return id;
  }

  const CheckOptions& options_;
  const CheckWatcher& watcher_;
  Address start_;
  Scope scope_;
  LinkCache cache_;
  std::vector<Address> starts_;
  LinkTable table_;
  std::vector<Plan> plans_;  // by number
  std::vector<Id> deeper_;   // those that wait for the next level
  int level_;
  std::uint64_t pages_read_ = 0, checked_ = 0, broken_ = 0;
  CheckSummary summary_;
  CrawlLoop loop_;
};

}  // namespace

CheckSummary check_links(const CheckOptions& options, const CheckWatcher& watcher,
                         const std::function<void(const CheckedLink&)>& visit) {
  return LinkCheck(options, watcher).run(visit);
}

}  // namespace parlab
