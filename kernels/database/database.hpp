#pragma once

// A file of SQLite: what it is asked, and failures as exceptions. Where the library is missing, whoever
// includes this is not built.

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace parlab {

/// A prepared statement, bound and stepped; reset by its destructor.
class DatabaseQuery {
 public:
  explicit DatabaseQuery(sqlite3_stmt* statement) : statement_(statement) {}
  DatabaseQuery(const DatabaseQuery&) = delete;
  DatabaseQuery& operator=(const DatabaseQuery&) = delete;
  ~DatabaseQuery() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  DatabaseQuery& operator<<(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  DatabaseQuery& operator<<(double value) {
    sqlite3_bind_double(statement_, ++bound_, value);
    return *this;
  }
  DatabaseQuery& operator<<(std::optional<double> value) {
    if (value) return *this << *value;
    sqlite3_bind_null(statement_, ++bound_);
    return *this;
  }
  /// The text must live as long as this.
  DatabaseQuery& operator<<(const std::string& text) {
    sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
    return *this;
  }
  /// Returns whether there is a row.
  bool step() {
    const int state = sqlite3_step(statement_);
    if (state == SQLITE_ROW) return true;
    if (state == SQLITE_DONE) return false;
    throw std::runtime_error(
        fmt::format("the database: {}", sqlite3_errmsg(sqlite3_db_handle(statement_))));
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes ? std::string(bytes, sqlite3_column_bytes(statement_, column)) : std::string();
  }

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

/// A connection; closed by its destructor. Failures are std::runtime_error.
class Database {
 public:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(handle); }

  /// Statements without results, with semicolons between them.
  void run(const char* sql) {
    char* why = nullptr;
    if (sqlite3_exec(handle, sql, nullptr, nullptr, &why) == SQLITE_OK) return;
    const std::string text = why ? why : sqlite3_errmsg(handle);
    sqlite3_free(why);
    throw std::runtime_error("the database: " + text);
  }
  Statement prepared(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr) != SQLITE_OK)
      throw std::runtime_error(fmt::format("the database: {}", sqlite3_errmsg(handle)));
    return Statement(statement);
  }
  /// The first column of the query's first row, if it has one.
  std::optional<std::string> first(const char* sql) {
    const Statement statement = prepared(sql);
    DatabaseQuery query(statement.get());
    return query.step() ? std::optional(query.text(0)) : std::nullopt;
  }

  sqlite3* handle = nullptr;
};

}  // namespace parlab
