#pragma once

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdint>
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
        fmt::format("the crawl's database: {}", sqlite3_errmsg(sqlite3_db_handle(statement_))));
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes ? std::string(bytes, sqlite3_column_bytes(statement_, column)) : std::string();
  }

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace parlab
