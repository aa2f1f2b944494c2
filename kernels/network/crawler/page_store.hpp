#pragma once

// The frontier and the results of a crawl in one SQLite file (WAL), so that neither takes memory
// and a crawl that was killed goes on where its last commit was: what was done then is not done
// again, what was not is not lost.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parlab {

/// A page to fetch.
struct Page {
  std::int64_t id = 0;
  std::string url;
  int depth = 0;
  int redirects = 0;        // that led here, one after the other
  std::int64_t parent = 0;  // where it was found; 0 for none
};

/// What became of one.
struct PageResult {
  int status = 0;           // of HTTP; 0 where there was no answer
  std::string error;        // its class; empty where there is none
  std::uint64_t bytes = 0;  // of the body, inflated
  double seconds = 0;       // from its first try to its end
  int tries = 1;
  std::string redirect = {};  // where it leads
  /// More fields of its line, as a JSON object: type, file, links, phases. Empty for none.
  std::string more = {};
};

struct FoundPage {
  std::string url, authority;
  int depth = 0;
  int redirects = 0;
};

struct CrawlTotals {
  std::uint64_t known = 0, done = 0, failed = 0, bytes = 0;
};

class PageStore {
 public:
  /// `path` empty: a file that is gone with this object. Throws UsageError where the file cannot be
  /// used, std::runtime_error where a write fails.
  explicit PageStore(const std::string& path);
  PageStore(const PageStore&) = delete;
  PageStore& operator=(const PageStore&) = delete;
  ~PageStore();

  /// Remembers what the crawl was begun with; throws UsageError where the file holds another.
  void remember_options(const std::string& options);

  /// Pages that ended with an error are to be fetched again.
  void retry_failed();
  /// Remembers how deep links are followed. Where an earlier run followed less, its deepest pages are to be
  /// fetched again for their links.
  void remember_depth(int depth);

  /// Adds a page unless it is known; `parent` 0 for none. Returns whether it is new.
  bool add(const FoundPage& page, std::int64_t parent);
  /// Notes a page's result. With what was added since, it counts from the next commit on.
  void finish(const Page& page, const PageResult& result);
  void commit();

  /// Pages of one host that are not done, with ids above `after`, at most so deep, lowest id first.
  std::vector<Page> next_pages(const std::string& authority, std::int64_t after, std::size_t most,
                               int deepest);
  /// Of the pages that are not done, the lowest; none where all are.
  std::optional<int> lowest_depth_left();
  /// Hosts that have such pages.
  std::vector<std::string> hosts();
  /// Whether `url` is among the pages that redirected to this one, or is the page itself.
  bool redirected_from(std::int64_t page, const std::string& url);

  /// Where the redirects from a page lead at last, as far as is known: the last page's address and result.
  /// None where the page is not done.
  std::optional<std::pair<std::string, PageResult>> end_of_redirects(const std::string& url);
  /// Tells redirects that lead in a circle, or are more than `most` one after the other, among pages that
  /// were found otherwise, too.
  void mark_redirects(int most);

  CrawlTotals totals() const { return totals_; }
  /// Classes of errors and how many pages ended so, the most frequent first.
  std::vector<std::pair<std::string, std::uint64_t>> errors();
  /// The JSON line (page_line.hpp) of a page that is done.
  std::string line_of(const Page& page, const PageResult& result);
  /// Calls visit(JSON line) for each page that is done, in the order of their ids: those that redirect, or
  /// the others.
  void each_line(bool that_redirect, const std::function<void(const std::string&)>& visit);

 private:
  struct Database;
  struct Hop;

  std::optional<Hop> hop_from(const std::string& url);
  void count_pages();

  std::unique_ptr<Database> database_;
  CrawlTotals totals_;
};

}  // namespace parlab
