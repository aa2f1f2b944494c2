#include "experiments/history/history_database.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "kernels/base/deadline.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// "plab": tells this file from other programs'.
constexpr int application = 0x706c6162;

/// How long a writer waits for others. Each writes for milliseconds.
constexpr int patience_ms = 20'000;

/// From each version of the tables to the next; version 0 is an empty file.
constexpr std::array<const char*, 2> steps = {
    R"(
CREATE TABLE races (
  id INTEGER PRIMARY KEY, date TEXT NOT NULL, verb TEXT NOT NULL, experiment TEXT NOT NULL,
  name TEXT NOT NULL, metric TEXT NOT NULL, command TEXT NOT NULL, machine TEXT NOT NULL,
  facts TEXT NOT NULL, commit_id TEXT NOT NULL, dirty INTEGER NOT NULL, conditions TEXT NOT NULL,
  rounds INTEGER NOT NULL, stopped TEXT NOT NULL);
CREATE TABLE arms (
  race INTEGER NOT NULL REFERENCES races (id), place INTEGER NOT NULL, label TEXT NOT NULL,
  arm_group TEXT NOT NULL, role TEXT NOT NULL, baseline TEXT NOT NULL, identity TEXT NOT NULL,
  median REAL, ratio REAL, low REAL, high REAL, verdict TEXT NOT NULL, failure TEXT NOT NULL,
  PRIMARY KEY (race, place)) WITHOUT ROWID;
)",
    // What a race took, for what another would; and the way to an experiment's races.
    R"(
ALTER TABLE races ADD COLUMN elapsed_seconds REAL NOT NULL DEFAULT 0;
CREATE INDEX races_of_experiment ON races (experiment, date);
)"};

/// Undoes what was begun, unless it is committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {
    database_.run("BEGIN IMMEDIATE");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!is_done_) sqlite3_exec(database_.handle, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  void commit() {
    database_.run("COMMIT");
    is_done_ = true;
  }

 private:
  Database& database_;
  bool is_done_ = false;
};

std::optional<double> real_or_none(const DatabaseQuery& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.real(column));
}

}  // namespace

int HistoryDatabase::version() { return static_cast<int>(steps.size()); }

HistoryDatabase::HistoryDatabase(const std::string& path, Access access) {
  const bool writes = access == Access::write;
  const int flags = writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  if (sqlite3_open_v2(path.c_str(), &database_.handle, flags, nullptr) != SQLITE_OK &&
      (writes || sqlite3_close(std::exchange(database_.handle, nullptr)) != SQLITE_OK ||
       sqlite3_open_v2(path.c_str(), &database_.handle, SQLITE_OPEN_READONLY, nullptr) !=
           SQLITE_OK))
    throw std::runtime_error(
        fmt::format("cannot open {}: {}", path, sqlite3_errmsg(database_.handle)));
  try {
    sqlite3_busy_timeout(database_.handle, patience_ms);
    carry_over();
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format(
        "{} ({}); move it away, or name another file in PARLAB_HISTORY", path, error.what()));
  }
}

int HistoryDatabase::found_version() {
  const int found = std::stoi(database_.first("PRAGMA user_version").value_or("0"));
  const int whose = std::stoi(database_.first("PRAGMA application_id").value_or("0"));
  const bool is_empty = !database_.first("SELECT name FROM sqlite_master").has_value();
  if (whose != application && !(is_empty && found == 0 && whose == 0))
    throw std::runtime_error("it is a database of another program");
  if (found > version())
    throw std::runtime_error(
        fmt::format("it is of a later version of parlab: {}, and this one knows {}; update parlab",
                    found, version()));
  return found;
}

void HistoryDatabase::carry_over() {
  if (found_version() == version()) return;
  if (sqlite3_db_readonly(database_.handle, "main") == 1)
    throw std::runtime_error("it is of an earlier version, and cannot be written to");
  log_ahead();
  Transaction change(database_);
  // Another program may have done it since.
  for (int from = found_version(); from < version(); ++from)
    database_.run(steps.at(static_cast<std::size_t>(from)));
  database_.run(
      fmt::format("PRAGMA user_version = {}; PRAGMA application_id = {}", version(), application)
          .c_str());
  change.commit();
}

/// No statement waits for this change: others that open the file at the same moment refuse it at once.
void HistoryDatabase::log_ahead() {
  const Deadline deadline(std::chrono::milliseconds{patience_ms});
  for (;;) try {
      database_.run("PRAGMA journal_mode = WAL");
      return;
    } catch (const std::runtime_error&) {
      if (sqlite3_errcode(database_.handle) != SQLITE_BUSY || deadline.passed()) throw;
      sqlite3_sleep(10);
    }
}

void HistoryDatabase::add(const HistoryRace& race) {
  Transaction change(database_);
  {
    const Database::Statement statement = database_.prepared(
        "INSERT INTO races (date, verb, experiment, name, metric, command, machine, facts, "
        "commit_id, dirty, conditions, rounds, stopped, elapsed_seconds) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const std::string facts = race.facts.dump(), conditions = race.conditions.dump();
    DatabaseQuery query(statement.get());
    query << race.date << race.verb << race.experiment << race.name << race.metric << race.command
          << race.machine << facts << race.commit << std::int64_t{race.dirty} << conditions
          << std::int64_t{race.rounds} << race.stopped << race.elapsed_seconds;
    query.step();
  }
  const std::int64_t id = sqlite3_last_insert_rowid(database_.handle);
  const Database::Statement statement =
      database_.prepared("INSERT INTO arms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  std::int64_t place = 0;
  for (const HistoryArm& arm : race.arms) {
    const std::string identity = arm.identity.dump();
    DatabaseQuery query(statement.get());
    query << id << place++ << arm.label << arm.group << arm.role << arm.baseline << identity
          << arm.median << arm.ratio << arm.low << arm.high << arm.verdict << arm.failure;
    query.step();
  }
  change.commit();
}

std::vector<HistoryRace> HistoryDatabase::races(const std::string& experiment) {
  std::vector<HistoryRace> races;
  const Database::Statement statement = database_.prepared(
      "SELECT id, date, verb, experiment, name, metric, command, machine, facts, commit_id, dirty, "
      "conditions, rounds, stopped, elapsed_seconds FROM races WHERE experiment = ?1 OR ?1 = '' "
      "ORDER BY date, id");
  {
    DatabaseQuery row(statement.get());
    row << experiment;
    while (row.step()) {
      HistoryRace race;
      race.id = row.number(0);
      race.date = row.text(1);
      race.verb = row.text(2);
      race.experiment = row.text(3);
      race.name = row.text(4);
      race.metric = row.text(5);
      race.command = row.text(6);
      race.machine = row.text(7);
      race.facts = json::parse(row.text(8));
      race.commit = row.text(9);
      race.dirty = row.number(10) != 0;
      race.conditions = json::parse(row.text(11));
      race.rounds = static_cast<int>(row.number(12));
      race.stopped = row.text(13);
      race.elapsed_seconds = row.real(14);
      races.push_back(std::move(race));
    }
  }
  if (experiment.empty()) return races;
  const Database::Statement arms = database_.prepared(
      "SELECT label, arm_group, role, baseline, identity, median, ratio, low, high, verdict, "
      "failure FROM arms WHERE race = ? ORDER BY place");
  for (HistoryRace& race : races) {
    DatabaseQuery row(arms.get());
    row << race.id;
    while (row.step())
      race.arms.push_back({.label = row.text(0),
                           .group = row.text(1),
                           .role = row.text(2),
                           .baseline = row.text(3),
                           .identity = json::parse(row.text(4)),
                           .median = real_or_none(row, 5),
                           .ratio = real_or_none(row, 6),
                           .low = real_or_none(row, 7),
                           .high = real_or_none(row, 8),
                           .verdict = row.text(9),
                           .failure = row.text(10)});
  }
  return races;
}

}  // namespace parlab
