#include "experiments/command_line/suite_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "experiments/base/json_text.hpp"
#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/history/history_place.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/output_file.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/measure/results/result_reader.hpp"
#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/options/duration.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using nlohmann::json;

constexpr double headline_alpha = 0.05;

void write_document(const std::string& path, const json& document) {
  const std::string text = json_document(document);
  OutputFile(path, text.size()).publish(text);
}

json read_document(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("it cannot be read");
  try {
    return json::parse(file);
  } catch (const json::exception&) {
    throw std::runtime_error("it is damaged: not JSON");
  }
}

std::string name_of(Profile profile) { return profile == Profile::quick ? "quick" : "full"; }

std::string file_of(const SuiteEntry& entry) { return entry.name + ".json"; }

/// The words of a race whose rounds the suite decides.
std::vector<std::string> without_rounds(std::vector<std::string> words) {
  const auto option = std::ranges::find(words, "--rounds");
  if (option != words.end()) words.erase(option, option + 2);
  return words;
}

}  // namespace

EarlierSuite read_suite(const std::string& folder) {
  const std::string path = folder + "/suite.json";
  try {
    const json suite = read_document(path);
    if (suite.at("schema") != suite_schema)
      throw std::runtime_error(fmt::format("its schema is not {}", suite_schema));
    const std::string profile = suite.at("profile");
    if (profile != name_of(Profile::quick) && profile != name_of(Profile::full))
      throw std::runtime_error(fmt::format("its profile is '{}'", profile));
    return {.profile = profile == name_of(Profile::quick) ? Profile::quick : Profile::full,
            .only = suite.at("only"),
            .elapsed_seconds = suite.at("elapsed_seconds")};
  } catch (const json::exception& error) {
    throw UsageError(fmt::format("--resume: {}: it is damaged: {}; start over without --resume",
                                 path, error.what()));
  } catch (const std::runtime_error& error) {
    throw UsageError(
        fmt::format("--resume: {}: {}; start over without --resume", path, error.what()));
  }
}

SuiteRun::SuiteRun(std::vector<SuiteEntry> entries, SuiteOptions options,
                   const InterruptionGuard& interruption)
    : options_(std::move(options)) {
  for (SuiteEntry& words : entries) entries_.emplace_back().words = std::move(words);
  for (Entry& entry : entries_) read_words(entry, interruption);
  if (options_.resumes)
    for (Entry& entry : entries_)
      if (entry.race && std::filesystem::exists(options_.folder + "/" + file_of(entry.words)))
        read_back(entry);
  plan_family();
}

void SuiteRun::read_words(Entry& entry, const InterruptionGuard& interruption) {
  try {
    RaceRequest request = parse_race(RaceVerb::run, entry.words.arguments);
    if (options_.budget) {
      request.options.until_decided = true;
      request.options.rounds = last_look;
    }
    request.options.progress = !options_.quiet && isatty(STDERR_FILENO) != 0
                                   ? ProgressStyle::one_line
                                   : ProgressStyle::none;
    entry.race.emplace(entry.words.name, std::move(request), interruption);
  } catch (const std::exception& error) {
    fail(entry, error.what());
  }
}

void SuiteRun::read_back(Entry& entry) {
  const std::string path = options_.folder + "/" + file_of(entry.words);
  try {
    const json document = read_document(path);
    entry.context = document.at("context");
    const std::string changed =
        difference_of_conditions(entry.context, collect_context(command_of(entry)));
    if (!changed.empty())
      throw std::runtime_error(fmt::format("it was measured under other conditions ({})", changed));
    entry.race->resume(read_outcome(document, entry.race->outcome().results));
    entry.is_published = true;
  } catch (const std::exception& error) {
    throw UsageError(
        fmt::format("--resume: {}: {}; start over without --resume", path, error.what()));
  }
}

void SuiteRun::plan_family() {
  std::vector<HeadlinePlan> plans;
  for (const Entry& entry : entries_)
    plans.push_back(entry.race ? entry.race->plan() : HeadlinePlan{});
  has_headlines_ = with_headlines(plans, headline_alpha);
  for (std::size_t i = 0; i < plans.size(); ++i)
    if (has_headlines_[i]) planned_ += plans[i].sentences;
  std::size_t i = 0;
  for (Entry& entry : entries_)
    if (const bool has = has_headlines_[i++]; entry.race)
      entry.race->join_family(has ? planned_ : 0);
}

void SuiteRun::run() {
  if (options_.budget) require_budget();
  first_pass();
  if (options_.budget)
    spend(begin_ + std::chrono::duration_cast<Clock::duration>(*options_.budget));
}

/// A round or two of each race tell what the first pass will take.
void SuiteRun::require_budget() {
  if (!options_.is_budget_asked_for) return;
  double seconds = 0;
  std::size_t arms_seen = 0;
  std::size_t arms = 0;
  for (const Entry& entry : entries_) arms += entry.race ? entry.race->arms() : 0;
  for (Entry& entry : entries_) {
    if (!entry.race) continue;
    RunningRace& race = *entry.race;
    race.run_to(race.rounds_that_tell_costs());
    arms_seen += race.arms();
    seconds += race.seconds_to_first_pass();
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
    if (elapsed + seconds <= options_.budget->count()) continue;
    const double all =
        (elapsed + seconds) * static_cast<double>(arms) / static_cast<double>(arms_seen);
    throw UsageError(fmt::format(
        "--budget: {} is too little for a first pass of {} rounds over {} races; it takes about {}",
        duration_words(options_.budget->count()), first_look, entries_.size(),
        duration_words(1.1 * all)));
  }
}

void SuiteRun::first_pass() {
  std::size_t place = 0;
  for (Entry& entry : entries_) {
    ++place;
    if (!entry.race) continue;
    const int rounds = options_.budget ? entry.race->first_pass() : entry.race->options().rounds;
    if (!options_.quiet)
      tell("[{}/{}] parlab run {}\n", place, entries_.size(),
           fmt::join(entry.words.arguments, " "));
    step(entry, [&](RunningRace& race) { race.run_to(std::max(rounds, race.rounds())); });
  }
}

void SuiteRun::spend(Clock::time_point deadline) {
  const auto seconds_left = [&] {
    return std::chrono::duration<double>(deadline - Clock::now()).count();
  };
  for (Entry& entry : entries_) choose_questions(entry, seconds_left());
  for (;;) {
    const double left = seconds_left();
    Entry* const entry = next_entry(left);
    if (entry == nullptr) break;
    if (!options_.quiet) {
      int headlines = 0;
      int rows = 0;
      for (const Entry& each : entries_) {
        headlines += each.open.headlines;
        rows += each.open.rows;
      }
      tell("{} sentences and {} rows are open, {} left: {} goes on to round {}\n", headlines, rows,
           duration_words(left), entry->words.name, entry->race->next_look_of(entry->open));
    }
    step(*entry, [&](RunningRace& race) { race.go_on(entry->open, deadline); });
    choose_questions(*entry, seconds_left());
  }
  for (Entry& entry : entries_)
    if (entry.race && entry.race->rounds() > 0 && entry.open.any())
      entry.race->set_stopped(entry.race->rounds() < entry.race->options().rounds ? Stop::budget
                                                                                  : Stop::rounds);
}

/// All that a race has open where its share of the time is enough for that.
void SuiteRun::choose_questions(Entry& entry, double seconds_left) {
  if (!entry.race || !entry.open.any()) return;
  const auto races = std::ranges::count_if(
      entries_, [](const Entry& each) { return each.race && each.open.any(); });
  entry.open = entry.race->look_within(seconds_left / static_cast<double>(races));
}

/// The race whose rounds to the next look have the highest value per second, of those that the budget allows.
SuiteRun::Entry* SuiteRun::next_entry(double seconds_left) {
  Entry* best = nullptr;
  double most = 0;
  for (Entry& entry : entries_) {
    if (!entry.race || !entry.open.any() || entry.race->rounds() >= entry.race->options().rounds)
      continue;
    const double seconds = entry.race->seconds_to_next_look(entry.open);
    if (!(seconds > 0) || seconds > seconds_left || entry.open.value / seconds <= most) continue;
    most = entry.open.value / seconds;
    best = &entry;
  }
  return best;
}

/// Rounds of one race, and what came of them into the folder.
void SuiteRun::step(Entry& entry, const std::function<void(RunningRace&)>& rounds) {
  try {
    if (entry.context.is_null())
      entry.context = collect_context(command_of(entry));
    else
      reopen_context(entry.context);
    rounds(*entry.race);
    entry.open = entry.race->look();
    entry.race->set_stopped(entry.open.any() || !options_.budget ? Stop::rounds : Stop::decided);
    publish(entry);
    tell_failures(entry);
  } catch (const Interrupted&) {
    if (entry.race->rounds() > 0) {
      entry.open = entry.race->look();
      entry.race->set_stopped(Stop::interrupted);
      publish(entry);
    }
    throw;
  } catch (const NoPlace&) {
    throw;
  } catch (const std::exception& error) {
    fail(entry, error.what());
    entry.race.reset();
    entry.open = {};
  }
}

void SuiteRun::publish(Entry& entry) {
  complete_context(entry.context);
  entry.has_run = true;
  const json document = document_of(entry);
  try {
    OutputFile file(options_.folder + "/" + file_of(entry.words));
    publish_or_rescue(file, json_document(document));
    entry.is_published = true;
  } catch (const std::exception& error) {
    throw NoPlace(error.what());
  }
}

json SuiteRun::document_of(const Entry& entry) const {
  const RaceRecord record = entry.race->record();
  const int planned = entry.race->plan().sentences;
  return result_json(record, entry.context, entry.race->headlines(record.verdicts, planned),
                     planned);
}

void SuiteRun::keep_history() const {
  if (options_.no_history) return;
  for (const Entry& entry : entries_)
    if (entry.race && entry.has_run) keep_in_history(document_of(entry), "suite");
}

std::string SuiteRun::command_of(const Entry& entry) const {
  if (!options_.budget)
    return fmt::format("build/parlab run {} --json {}", fmt::join(entry.words.arguments, " "),
                       file_of(entry.words));
  return fmt::format("build/parlab run {} --until decided --json {}",
                     fmt::join(without_rounds(entry.words.arguments), " "), file_of(entry.words));
}

void SuiteRun::fail(const Entry& entry, const std::string& cause) {
  failed_.push_back({{"name", entry.words.name}, {"cause", cause}, {"command", command_of(entry)}});
  tell("parlab: {} failed: {}\n", entry.words.name, cause);
}

void SuiteRun::tell_failures(Entry& entry) {
  std::size_t failures = 0;
  for (const Measured& result : entry.race->outcome().results)
    if (result.failure && ++failures > entry.failures_told)
      fail(entry, result.entrant.label + ": " + result.failure->cause);
  entry.failures_told = failures;
}

bool SuiteRun::is_told_failed(const Entry& entry) const {
  return std::ranges::any_of(failed_, [&](const json& f) { return f["name"] == entry.words.name; });
}

std::size_t SuiteRun::races_there() const {
  return static_cast<std::size_t>(std::ranges::count_if(entries_, &Entry::is_published));
}

json SuiteRun::summary(const std::string& why) const {
  json files = json::array();
  int headlines = 0;
  int rows = 0;
  for (const Entry& entry : entries_) {
    if (!entry.is_published) continue;
    files.push_back(file_of(entry.words));
    if (!entry.race) continue;
    const OpenQuestions undecided = entry.race->undecided();
    headlines += undecided.headlines;
    rows += undecided.rows;
  }
  const std::chrono::duration<double> elapsed = Clock::now() - begin_;
  return {{"schema", suite_schema},
          {"profile", name_of(options_.profile)},
          {"only", options_.only},
          {"files", files},
          {"failed", failed_},
          {"budget_seconds", options_.budget ? json(options_.budget->count()) : json()},
          {"open", {{"headlines", headlines}, {"rows", rows}}},
          {"ended_early", why},
          {"elapsed_seconds", options_.earlier_seconds + elapsed.count()},
          {"command", options_.command}};
}

/// Those of the races whose files are there and whose rounds allow any.
json SuiteRun::headlines() const {
  json sentences = json::array();
  std::size_t i = 0;
  for (const Entry& entry : entries_) {
    if (!has_headlines_[i++] || !entry.is_published || !entry.race) continue;
    const RaceRecord record = entry.race->record();
    for (const Headline& headline : entry.race->headlines(record.verdicts, planned_)) {
      sentences.push_back(headline_json(headline));
      sentences.back()["file"] = file_of(entry.words);
    }
  }
  return {{"schema", headlines_schema},
          {"alpha", headline_alpha},
          {"sentences", planned_},
          {"headlines", sentences}};
}

bool SuiteRun::publish_summary(const std::string& why) {
  keep_history();
  if (!why.empty())
    for (const Entry& entry : entries_)
      if (!entry.is_published && !is_told_failed(entry))
        failed_.push_back(
            {{"name", entry.words.name}, {"cause", why}, {"command", command_of(entry)}});
  try {
    write_document(options_.folder + "/headlines.json", headlines());
    write_document(options_.folder + "/suite.json", summary(why));
    return true;
  } catch (const std::exception& error) {
    tell("parlab: {}\n", error.what());
    return false;
  }
}

}  // namespace parlab
