// The history on disk: what is kept comes back; writers that meet, or are killed, lose and damage nothing;
// other versions are carried over or refused.

#include "experiments/history/history_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <thread>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;

HistoryRace made_up(const std::string& commit, int arms = 20) {
  HistoryRace race;
  race.date = "2026-11-29T10:00:00Z";
  race.verb = "run";
  race.experiment = race.name = "pi";
  race.metric = "seconds";
  race.command = "parlab run pi";
  race.machine = "m";
  race.facts = {{"cpu", "x"}};
  race.commit = commit;
  race.conditions = {{"flags", "-O3"}};
  race.rounds = 21;
  race.stopped = "rounds";
  race.elapsed_seconds = 2.5;
  for (int i = 0; i < arms; ++i)
    race.arms.push_back({.label = "arm " + std::to_string(i),
                         .group = "g",
                         .role = "arm",
                         .baseline = "serial",
                         .identity = {{"workers", i}},
                         .median = 0.5,
                         .ratio = 1.5,
                         .low = 1.4,
                         .high = std::nullopt,
                         .verdict = "faster",
                         .failure = ""});
  return race;
}

std::string complaint_of(const std::string& path, HistoryDatabase::Access access) {
  try {
    HistoryDatabase history(path, access);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

class History : public testing::Test {
 protected:
  std::string path() const { return (folder_.path() / "h.sqlite").string(); }
  /// What SQLite itself says of the file.
  std::string integrity() const {
    Database database;
    EXPECT_EQ(sqlite3_open(path().c_str(), &database.handle), SQLITE_OK);
    return database.first("PRAGMA integrity_check").value_or("");
  }
  TemporaryFolder folder_;
};

TEST_F(History, GivesBackWhatItWasGiven) {
  HistoryDatabase(path(), HistoryDatabase::Access::write).add(made_up("abc", 2));
  const auto races = HistoryDatabase(path(), HistoryDatabase::Access::read).races("pi");
  ASSERT_EQ(races.size(), 1u);
  EXPECT_EQ(races[0].commit, "abc");
  EXPECT_EQ(races[0].conditions.at("flags"), "-O3");
  EXPECT_EQ(races[0].elapsed_seconds, 2.5);
  ASSERT_EQ(races[0].arms.size(), 2u);
  EXPECT_EQ(races[0].arms[1].identity.at("workers"), 1);
  EXPECT_EQ(races[0].arms[1].low, 1.4);
  EXPECT_EQ(races[0].arms[1].high, std::nullopt);
  EXPECT_TRUE(HistoryDatabase(path(), HistoryDatabase::Access::read).races("primes").empty());
}

TEST_F(History, OfWritersThatMeetHasEveryRace) {
  constexpr int writers = 6, races_each = 25;
  std::vector<pid_t> children;
  for (int writer = 0; writer < writers; ++writer) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        for (int i = 0; i < races_each; ++i)
          HistoryDatabase(path(), HistoryDatabase::Access::write).add(made_up("c"));
        _exit(0);
      } catch (const std::exception& error) {
        fprintf(stderr, "%s\n", error.what());
        _exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto races = HistoryDatabase(path(), HistoryDatabase::Access::read).races("pi");
  EXPECT_EQ(races.size(), std::size_t{writers} * races_each);
  for (const HistoryRace& race : races) EXPECT_EQ(race.arms.size(), 20u);
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(History, OfWritersThatAreKilledLosesNothingAndKeepsNothingHalf) {
  std::mt19937 random(7);
  std::size_t told = 0;
  for (int kill_number = 0; kill_number < 30; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      for (;;) {
        HistoryDatabase(path(), HistoryDatabase::Access::write).add(made_up("c"));
        if (write(ends[1], "x", 1) != 1) _exit(1);
      }
    }
    close(ends[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    char byte = 0;
    while (read(ends[0], &byte, 1) == 1) ++told;
    close(ends[0]);
    if (kill_number % 10 == 9) {
      EXPECT_EQ(integrity(), "ok");
    }
  }
  const auto races = HistoryDatabase(path(), HistoryDatabase::Access::write).races("pi");
  EXPECT_GE(races.size(), told);
  EXPECT_LE(races.size(), told + 30) << "one a killed writer at most that it did not tell";
  EXPECT_GT(told, 0u);
  for (const HistoryRace& race : races) EXPECT_EQ(race.arms.size(), 20u);
}

TEST_F(History, OfAnEarlierVersionIsCarriedOver) {
  {
    // Version 1, as it was written.
    Database old;
    ASSERT_EQ(sqlite3_open(path().c_str(), &old.handle), SQLITE_OK);
    old.run(
        "CREATE TABLE races (id INTEGER PRIMARY KEY, date TEXT NOT NULL, verb TEXT NOT NULL, "
        "experiment TEXT NOT NULL, name TEXT NOT NULL, metric TEXT NOT NULL, command TEXT NOT "
        "NULL, "
        "machine TEXT NOT NULL, facts TEXT NOT NULL, commit_id TEXT NOT NULL, dirty INTEGER NOT "
        "NULL, conditions TEXT NOT NULL, rounds INTEGER NOT NULL, stopped TEXT NOT NULL);"
        "CREATE TABLE arms (race INTEGER NOT NULL REFERENCES races (id), place INTEGER NOT NULL, "
        "label TEXT NOT NULL, arm_group TEXT NOT NULL, role TEXT NOT NULL, baseline TEXT NOT NULL, "
        "identity TEXT NOT NULL, median REAL, ratio REAL, low REAL, high REAL, verdict TEXT NOT "
        "NULL, failure TEXT NOT NULL, PRIMARY KEY (race, place)) WITHOUT ROWID;"
        "INSERT INTO races VALUES (1, 'd', 'run', 'pi', 'pi', 'seconds', 'c', 'm', '{}', 'old', 0, "
        "'{}', 7, 'rounds');"
        "INSERT INTO arms VALUES (1, 0, 'a', 'g', 'arm', 's', '{}', 1, 1.25, 1, 2, 'faster', '');"
        "PRAGMA application_id = 0x706c6162; PRAGMA user_version = 1;");
  }
  HistoryDatabase history(path(), HistoryDatabase::Access::read);
  history.add(made_up("new"));
  const auto races = history.races("pi");
  ASSERT_EQ(races.size(), 2u);
  EXPECT_EQ(races[1].commit, "old");
  EXPECT_EQ(races[1].arms.at(0).ratio, 1.25);
  EXPECT_EQ(races[1].elapsed_seconds, 0);
  Database now;
  ASSERT_EQ(sqlite3_open(path().c_str(), &now.handle), SQLITE_OK);
  EXPECT_EQ(now.first("PRAGMA user_version"), std::to_string(HistoryDatabase::version()));
}

TEST_F(History, OfALaterVersionIsRefusedAndLeftAlone) {
  HistoryDatabase(path(), HistoryDatabase::Access::write).add(made_up("abc"));
  {
    Database later;
    ASSERT_EQ(sqlite3_open(path().c_str(), &later.handle), SQLITE_OK);
    later.run("PRAGMA user_version = 99");
  }
  for (const auto access : {HistoryDatabase::Access::read, HistoryDatabase::Access::write})
    EXPECT_THAT(complaint_of(path(), access),
                testing::AllOf(HasSubstr("later version of parlab: 99"), HasSubstr("update parlab"),
                               HasSubstr("PARLAB_HISTORY")));
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(History, RefusesWhatIsNone) {
  std::ofstream(path())
      << "no database, but text that is longer than the head of one would be ............";
  EXPECT_THAT(complaint_of(path(), HistoryDatabase::Access::write), HasSubstr("not a database"));
  std::filesystem::remove(path());
  {
    Database other;
    ASSERT_EQ(sqlite3_open(path().c_str(), &other.handle), SQLITE_OK);
    other.run("CREATE TABLE theirs (x)");
  }
  EXPECT_THAT(complaint_of(path(), HistoryDatabase::Access::write), HasSubstr("another program"));
  EXPECT_THAT(complaint_of("/no/such/h.sqlite", HistoryDatabase::Access::read),
              HasSubstr("cannot open"));
}

TEST_F(History, ThatIsCutSaysSo) {
  HistoryDatabase(path(), HistoryDatabase::Access::write).add(made_up("abc", 500));
  for (const char* ending : {"-wal", "-shm"}) std::filesystem::remove(path() + ending);
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  const Ended ended =
      run_parlab({"history", "pi"}, ".", {.variables = {"PARLAB_HISTORY=" + path()}});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, testing::MatchesRegex("parlab: history: .*\n"));
}

}  // namespace
}  // namespace parlab
