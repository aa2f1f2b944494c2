#include "kernels/network/crawler/page_store.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "kernels/base/errors.hpp"
#include "kernels/database/database.hpp"
#include "kernels/network/crawler/page_line.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {
namespace {

constexpr char schema[] = R"(
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pages (
  id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, authority TEXT NOT NULL,
  depth INTEGER NOT NULL, redirects INTEGER NOT NULL, parent INTEGER NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  status INTEGER, error TEXT, bytes INTEGER, seconds REAL, tries INTEGER, redirect TEXT, more TEXT);
CREATE INDEX IF NOT EXISTS waiting ON pages (authority, id) WHERE done = 0;
)";

/// Pages between two commits at most, which a killed crawl fetches again: few, but enough that
/// commits do not set the pace.
constexpr int pages_a_commit = 32;

}  // namespace

struct PageStore::Database : parlab::Database {
  Statement add, finish, next, origin, hop, line;
  bool in_transaction = false;
  int finished = 0;                                  // pages since the last commit
  std::pair<std::int64_t, std::string> last_parent;  // its id and its address: neighbours share it
  /// Addresses that were added lately, each at the place of its hash: most links of a site lead to
  /// pages that many others link to, and need no look into the database.
  std::vector<std::string> recent = std::vector<std::string>(1 << 15);

  bool has(const char* sql) { return first(sql).has_value(); }
  void begin() {
    if (!in_transaction) run("BEGIN IMMEDIATE");
    in_transaction = true;
  }
};

PageStore::PageStore(const std::string& path) : database_(std::make_unique<Database>()) {
  Database& db = *database_;
  std::string file = path;
  if (path.empty()) {
    const char* folder = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nothing sets it
    file = fmt::format("{}/parlab-crawl-XXXXXX", folder ? folder : "/tmp");
    if (!FileDescriptor(mkstemp(file.data())))
      throw UsageError(fmt::format("cannot make a file in {}", file));
  }
  const bool opened = sqlite3_open(file.c_str(), &db.handle) == SQLITE_OK;
  // Without a name nobody can go on with it, so no rollback journal is needed beside it either.
  if (path.empty()) unlink(file.c_str());
  if (!opened) throw UsageError(fmt::format("cannot open {}: {}", file, sqlite3_errmsg(db.handle)));
  try {
    sqlite3_busy_timeout(db.handle, 0);
    // Exclusive: two crawls of one file would fetch each page twice.
    db.run("PRAGMA locking_mode=EXCLUSIVE");
    db.run(path.empty() ? "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"
                        : "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    db.run("PRAGMA cache_size=-16384");  // KiB: memory stays the same however long the frontier
    db.run(schema);
    if (!db.has("SELECT 1 FROM pragma_table_info('pages') WHERE name = 'more'"))
      db.run("ALTER TABLE pages ADD COLUMN more TEXT");  // by an earlier version
  } catch (const std::runtime_error& error) {
    throw UsageError(
        fmt::format("{} cannot hold a crawl ({}); give another with --state", file, error.what()));
  }
  db.add = db.prepared(
      "INSERT INTO pages (url, authority, depth, redirects, parent) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (url) DO NOTHING");
  db.finish = db.prepared(
      "UPDATE pages SET done = 1, status = ?, error = ?, bytes = ?, seconds = ?, tries = ?, "
      "redirect = ?, more = ? WHERE id = ?");
  db.next = db.prepared(
      "SELECT id, url, depth, redirects, parent FROM pages WHERE done = 0 AND authority = ? AND id "
      "> ? "
      "AND depth <= ? ORDER BY id LIMIT ?");
  db.origin = db.prepared("SELECT url, parent, redirects FROM pages WHERE id = ?");
  db.hop = db.prepared("SELECT status, error, redirect FROM pages WHERE url = ? AND done = 1");
  db.line = db.prepared(
      "SELECT p.url, p.status, p.error, p.bytes, p.seconds, p.depth, coalesce(q.url, ''), p.tries, "
      "p.redirect, coalesce(p.more, '') FROM pages p LEFT JOIN pages q ON q.id = p.parent WHERE "
      "p.done = 1 AND p.id = ?");
  // Whether these may be fetched was not known: they are asked for again.
  db.run("UPDATE pages SET done = 0 WHERE done = 1 AND error = 'robots_unreachable'");
  count_pages();
}

void PageStore::count_pages() {
  Database& db = *database_;
  const Database::Statement once = db.prepared(
      "SELECT count(*), coalesce(sum(done), 0), coalesce(sum(done AND error <> ''), 0), "
      "coalesce(sum(done * bytes), 0) FROM pages");
  {
    DatabaseQuery query(once.get());
    query.step();
    const auto number = [&](int column) {
      return static_cast<std::uint64_t>(query.number(column));
    };
    totals_ = {number(0), number(1), number(2), number(3)};
  }
}

PageStore::~PageStore() {
  try {
    commit();
  } catch (const std::exception&) {  // whoever goes on finds what was committed before
  }
}

void PageStore::remember_options(const std::string& options) {
  Database& db = *database_;
  db.begin();
  const std::string before =
      db.first("SELECT value FROM about WHERE name = 'options'").value_or("");
  if (!before.empty() && before != options)
    throw UsageError(fmt::format(
        "--state holds another crawl ({}); give another file, or the same options", before));
  if (before.empty()) {
    const Database::Statement write = db.prepared("INSERT INTO about VALUES ('options', ?)");
    {
      DatabaseQuery query(write.get());
      query << options;
      query.step();
    }
  }
  commit();
}

void PageStore::retry_failed() {
  database_->begin();
  database_->run("UPDATE pages SET done = 0 WHERE done = 1 AND error <> ''");
  commit();
  count_pages();
}

void PageStore::remember_depth(int depth) {
  Database& db = *database_;
  const auto before = db.first("SELECT value FROM about WHERE name = 'depth'");
  const int old = before ? std::atoi(before->c_str()) : depth;
  if (before && old >= depth) return;
  db.begin();
  if (before)
    db.run(
        fmt::format("UPDATE pages SET done = 0 WHERE done = 1 AND error = '' AND depth = {}", old)
            .c_str());
  db.run(fmt::format("INSERT OR REPLACE INTO about VALUES ('depth', '{}')", depth).c_str());
  commit();
  count_pages();
}

bool PageStore::add(const FoundPage& page, std::int64_t parent) {
  std::string& recent =
      database_->recent[std::hash<std::string>()(page.url) % database_->recent.size()];
  if (recent == page.url) return false;
  recent = page.url;
  database_->begin();
  DatabaseQuery query(database_->add.get());
  query << page.url << page.authority << std::int64_t{page.depth} << std::int64_t{page.redirects}
        << parent;
  query.step();
  const bool is_new = sqlite3_changes(database_->handle) > 0;
  totals_.known += is_new ? 1 : 0;
  return is_new;
}

void PageStore::finish(const Page& page, const PageResult& result) {
  database_->begin();
  DatabaseQuery query(database_->finish.get());
  query << std::int64_t{result.status} << result.error << static_cast<std::int64_t>(result.bytes)
        << result.seconds << std::int64_t{result.tries} << result.redirect << result.more
        << page.id;
  query.step();
  ++totals_.done;
  totals_.failed += result.error.empty() ? 0 : 1;
  totals_.bytes += result.bytes;
  if (++database_->finished >= pages_a_commit) commit();
}

void PageStore::commit() {
  if (!database_->in_transaction) return;
  database_->run("COMMIT");
  database_->in_transaction = false;
  database_->finished = 0;
}

std::vector<Page> PageStore::next_pages(const std::string& authority, std::int64_t after,
                                        std::size_t most, int deepest) {
  DatabaseQuery query(database_->next.get());
  query << authority << after << std::int64_t{deepest} << static_cast<std::int64_t>(most);
  std::vector<Page> pages;
  while (query.step())
    pages.push_back({query.number(0), query.text(1), static_cast<int>(query.number(2)),
                     static_cast<int>(query.number(3)), query.number(4)});
  return pages;
}

std::optional<int> PageStore::lowest_depth_left() {
  const Database::Statement statement =
      database_->prepared("SELECT depth FROM pages WHERE done = 0 ORDER BY depth LIMIT 1");
  std::optional<int> depth;
  {
    DatabaseQuery query(statement.get());
    if (query.step()) depth = static_cast<int>(query.number(0));
  }
  return depth;
}

std::vector<std::string> PageStore::hosts() {
  const Database::Statement statement =
      database_->prepared("SELECT DISTINCT authority FROM pages WHERE done = 0 ORDER BY authority");
  std::vector<std::string> hosts;
  {
    DatabaseQuery query(statement.get());
    while (query.step()) hosts.push_back(query.text(0));
  }
  return hosts;
}

std::vector<std::pair<std::string, std::uint64_t>> PageStore::errors() {
  const Database::Statement statement = database_->prepared(
      "SELECT error, count(*) FROM pages WHERE done = 1 AND error <> '' GROUP BY error ORDER BY 2 "
      "DESC, 1");
  std::vector<std::pair<std::string, std::uint64_t>> errors;
  {
    DatabaseQuery query(statement.get());
    while (query.step())
      errors.emplace_back(query.text(0), static_cast<std::uint64_t>(query.number(1)));
  }
  return errors;
}

bool PageStore::redirected_from(std::int64_t page, const std::string& url) {
  for (;;) {
    DatabaseQuery query(database_->origin.get());
    query << page;
    if (!query.step()) return false;
    if (query.text(0) == url) return true;
    if (query.number(2) == 0) return false;
    page = query.number(1);
  }
}

/// A page that is done, and where it redirects to.
struct PageStore::Hop {
  int status;
  std::string error, redirect;
};

std::optional<PageStore::Hop> PageStore::hop_from(const std::string& url) {
  DatabaseQuery query(database_->hop.get());
  query << url;
  if (!query.step()) return std::nullopt;
  return Hop{static_cast<int>(query.number(0)), query.text(1), query.text(2)};
}

std::optional<std::pair<std::string, PageResult>> PageStore::end_of_redirects(
    const std::string& url) {
  constexpr int max_hops = 100;  // a circle has no end
  std::optional<std::pair<std::string, PageResult>> end;
  std::string at = url;
  for (int hops = 0; hops < max_hops; ++hops) {
    const auto hop = hop_from(at);
    if (!hop) break;
    end = {at, {.status = hop->status, .error = hop->error, .redirect = hop->redirect}};
    if (hop->redirect.empty()) break;
    at = hop->redirect;
  }
  return end;
}

void PageStore::mark_redirects(int most) {
  Database& db = *database_;
  db.begin();
  std::vector<std::pair<std::string, std::string>> pages;  // that redirect, and where
  const Database::Statement read = db.prepared(
      "SELECT url, redirect FROM pages WHERE done = 1 AND error = '' AND redirect <> ''");
  {
    DatabaseQuery query(read.get());
    while (query.step()) pages.emplace_back(query.text(0), query.text(1));
  }
  const Database::Statement write = db.prepared("UPDATE pages SET error = ? WHERE url = ?");
  for (const auto& [url, redirect] : pages) {
    std::vector<std::string> seen = {url};
    std::string at = redirect, error;
    while (error.empty() && !at.empty()) {
      if (std::ranges::find(seen, at) != seen.end())
        error = "redirect_loop";
      else if (seen.size() > static_cast<std::size_t>(most))
        error = "redirect_limit";
      seen.push_back(at);
      const auto hop = hop_from(at);
      at = hop ? hop->redirect : std::string();
    }
    if (error.empty()) continue;
    DatabaseQuery query(write.get());
    query << error << url;
    query.step();
    ++totals_.failed;
  }
  commit();
}

std::string PageStore::line_of(const Page& page, const PageResult& result) {
  auto& [parent, parent_url] = database_->last_parent;
  if (parent != page.parent) {
    DatabaseQuery query(database_->origin.get());
    query << page.parent;
    parent_url = query.step() ? query.text(0) : "";
    parent = page.parent;
  }
  return page_line({page.url, result, page.depth, parent_url});
}

void PageStore::each_line(bool that_redirect,
                          const std::function<void(const std::string&)>& visit) {
  std::vector<std::int64_t> pages;
  const Database::Statement statement = database_->prepared(
      "SELECT id FROM pages WHERE done = 1 AND (redirect <> '') = ? AND id > ? "
      "ORDER BY id LIMIT 1000");
  const auto load = [&](std::int64_t after) {
    pages.clear();
    DatabaseQuery query(statement.get());
    query << std::int64_t{that_redirect} << after;
    while (query.step()) pages.push_back(query.number(0));
  };
  for (load(0); !pages.empty(); load(pages.back()))
    for (const std::int64_t page : pages) {
      DatabaseQuery query(database_->line.get());
      query << page;
      if (!query.step()) continue;
      PageLine line{.url = query.text(0),
                    .result = {.status = static_cast<int>(query.number(1)),
                               .error = query.text(2),
                               .bytes = static_cast<std::uint64_t>(query.number(3)),
                               .seconds = query.real(4),
                               .tries = static_cast<int>(query.number(7)),
                               .redirect = query.text(8),
                               .more = query.text(9)},
                    .depth = static_cast<int>(query.number(5)),
                    .parent = query.text(6)};
      if (that_redirect)
        if (const auto end = end_of_redirects(line.url)) line.final_page = end->first;
      visit(page_line(line));
    }
}

}  // namespace parlab
