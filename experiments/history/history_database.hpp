#pragma once

// The history of runs in one SQLite file. Several programs may write at once, and any may be killed: a race
// is there whole or not at all (one transaction, a write-ahead log).

#include <memory>
#include <string>
#include <vector>

#include "experiments/history/history_record.hpp"
#include "kernels/database/database.hpp"

namespace parlab {

class HistoryDatabase {
 public:
  enum class Access { read, write };

  /// Opens it; to write, makes it where it does not exist, and carries one of an earlier version over. Throws
  /// std::runtime_error, whose text says what is wrong and what to do: what is no history, is damaged, or is
  /// of a later version than this program.
  HistoryDatabase(const std::string& path, Access access);

  void add(const HistoryRace& race);
  /// The races of one experiment, or of all ("") without their arms, oldest first.
  std::vector<HistoryRace> races(const std::string& experiment);

  /// Version of the tables that this program writes.
  static int version();

 private:
  void carry_over();
  void log_ahead();
  int found_version();

  Database database_;
};

}  // namespace parlab
