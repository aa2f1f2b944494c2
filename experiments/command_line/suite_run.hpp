#pragma once

// The races of a suite as they go on together: a first pass over all of them, then rounds where a
// verdict is near, cheapest first. What there is stands in the folder after every step.

#include <functional>
#include <list>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/command_line/race/running_race.hpp"

namespace parlab {

/// A result that has no place in the folder: nor will those of later races.
class NoPlace : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a folder's suite.json says of the suite that ran there.
struct EarlierSuite {
  Profile profile;
  std::vector<std::string> only;
  double elapsed_seconds;
};

/// Throws UsageError where there is none that can go on.
EarlierSuite read_suite(const std::string& folder);

struct SuiteOptions {
  std::string folder = "";
  Profile profile = Profile::quick;
  std::string command;                 // the whole line, for the record
  std::vector<std::string> only = {};  // races, by name; empty for all
  bool quiet = false;
  bool no_history = false;
  /// Of the whole suite. Without it each race has the rounds that its entry says.
  std::optional<std::chrono::duration<double>> budget = std::nullopt;
  bool is_budget_asked_for = false;  // else the first pass is done, however long it takes
  bool resumes = false;
  double earlier_seconds = 0;  // of the suite that it resumes
};

class SuiteRun {
 public:
  /// Reads the words of all entries, and, where it resumes, what is in the folder. Throws UsageError
  /// where that cannot go on: nothing has changed then.
  SuiteRun(std::vector<SuiteEntry> entries, SuiteOptions options,
           const InterruptionGuard& interruption);

  /// Throws Interrupted, NoPlace, or UsageError where the budget is too small for the first pass.
  void run();

  /// The folder's suite.json and headlines.json; the races that ran are kept in the history. False where they could not be written, which is
  /// told. `why` it ended early; empty: it did not. Races that were not run are named as failed.
  bool publish_summary(const std::string& why = "");

  std::size_t races_there() const;
  std::size_t size() const { return entries_.size(); }
  bool any_failed() const { return !failed_.empty(); }

 private:
  using Clock = Race::Clock;

  struct Entry {
    SuiteEntry words;
    std::optional<RunningRace> race;  // none where it cannot be run
    nlohmann::json context;
    OpenQuestions open;
    bool is_published = false;
    bool has_run = false;  // here, not only in a suite that this one resumes
    std::size_t failures_told = 0;
  };

  void read_words(Entry& entry, const InterruptionGuard& interruption);
  void read_back(Entry& entry);
  void plan_family();
  void first_pass();
  void require_budget();
  void spend(Clock::time_point deadline);
  void choose_questions(Entry& entry, double seconds_left);
  Entry* next_entry(double seconds_left);
  void step(Entry& entry, const std::function<void(RunningRace&)>& rounds);
  void publish(Entry& entry);
  nlohmann::json document_of(const Entry& entry) const;
  void keep_history() const;
  void fail(const Entry& entry, const std::string& cause);
  void tell_failures(Entry& entry);
  bool is_told_failed(const Entry& entry) const;
  std::string command_of(const Entry& entry) const;
  nlohmann::json summary(const std::string& why) const;
  nlohmann::json headlines() const;

  SuiteOptions options_;
  std::list<Entry> entries_;
  int planned_ = 0;                  // sentences of the family
  std::vector<bool> has_headlines_;  // an entry each
  nlohmann::json failed_ = nlohmann::json::array();
  Clock::time_point begin_ = Clock::now();
};

}  // namespace parlab
