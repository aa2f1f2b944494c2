#include "experiments/command_line/race/running_race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/options/duration.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// What is open after so many rounds is close to what matters, and takes many more.
constexpr int rounds_worth_waiting_for = 28;

/// "1 sentence, 3 rows".
std::string open_words(const OpenQuestions& open) {
  std::string words;
  const auto add = [&](int count, const char* one, const char* many) {
    if (count > 0)
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, count == 1 ? one : many);
  };
  add(open.headlines, "sentence", "sentences");
  add(open.rows, "row", "rows");
  add(open.limits, "limit", "limits");
  return words;
}

std::vector<bool> retired_of(const Race& race) {
  std::vector<bool> retired;
  for (std::size_t i = 0; i < race.outcome().results.size(); ++i)
    retired.push_back(race.is_retired(i));
  return retired;
}

}  // namespace

RunningRace::RunningRace(std::string name, RaceRequest request,
                         const InterruptionGuard& interruption)
    : name_(std::move(name)),
      request_(std::move(request)),
      race_(*request_.experiment, std::move(request_.entrants), request_.options, interruption),
      sentences_(plan().sentences) {}

HeadlinePlan RunningRace::plan() const {
  const auto& results = outcome().results;
  if (request_.verb == RaceVerb::compare)
    return {.sentences = planned_baseline_pairs(results), .choices = 1, .rounds = options().rounds};
  return planned_headlines(experiment(), results, options().rounds);
}

std::vector<Headline> RunningRace::headlines(const RaceVerdicts& verdicts, int sentences) const {
  const auto& results = outcome().results;
  const auto pairs = request_.verb == RaceVerb::compare
                         ? baseline_pairs(results, verdicts)
                         : headline_pairs(experiment(), results, verdicts);
  return parlab::headlines(experiment(), results, verdicts, pairs, sentences);
}

int RunningRace::rounds_that_tell_costs() const {
  return std::min(rounds_a_process, options().rounds);
}

int RunningRace::first_pass() const { return std::min(first_look, options().rounds); }

OpenQuestions RunningRace::open_beside(const std::vector<bool>& retired, Rivals rivals) const {
  const RaceVerdicts verdicts = judge(outcome().results);
  const auto& limit = request_.result.limit;
  return open_questions(
      outcome().results, retired, verdicts,
      sentences_ == 0 ? std::vector<Headline>{} : headlines(verdicts, sentences_),
      limit ? findings_of(*limit, outcome().results, verdicts) : std::vector<LimitFinding>{},
      limit.value_or(SlowdownLimit{}), rivals);
}

OpenQuestions RunningRace::look() const {
  return open_beside(retired_of(race_), Rivals::not_told_apart);
}

OpenQuestions RunningRace::look_within(double seconds) const {
  OpenQuestions all = look();
  const double rounds_of_all = std::min<double>(all.rounds, rounds_worth_waiting_for) - rounds();
  if (round_seconds(all) * rounds_of_all <= seconds) return all;
  std::vector<double> costs;
  for (std::size_t i = 0; i < arms(); ++i) costs.push_back(race_.round_seconds(i));
  return best_value_per_second(open_beside(retired_of(race_), Rivals::close), costs);
}

OpenQuestions RunningRace::undecided() const {
  return open_beside(std::vector<bool>(arms(), false), Rivals::not_told_apart);
}

bool RunningRace::go_on(const OpenQuestions& open, Clock::time_point deadline) {
  for (std::size_t i = 0; i < open.needed.size(); ++i)
    if (!open.needed[i]) race_.retire(i);
  race_.expect(static_cast<int>(std::min<double>(open.rounds, options().rounds)),
               open_words(open) + " open");
  const int before = rounds();
  race_.run_to(next_look_of(open), deadline);
  return rounds() > before;
}

double RunningRace::round_seconds(const OpenQuestions& open) const {
  double seconds = 0;
  for (std::size_t i = 0; i < open.needed.size(); ++i)
    if (open.needed[i]) seconds += race_.round_seconds(i);
  return seconds;
}

int RunningRace::next_look_of(const OpenQuestions& open) const {
  return std::min(open.next_look_after(rounds()), options().rounds);
}

double RunningRace::seconds_to_next_look(const OpenQuestions& open) const {
  return round_seconds(open) * (next_look_of(open) - rounds());
}

double RunningRace::seconds_to_decide(const OpenQuestions& open) const {
  return round_seconds(open) * std::max(0.0, open.rounds - rounds());
}

double RunningRace::seconds_to_first_pass() const {
  double round = 0;
  for (std::size_t i = 0; i < arms(); ++i) round += race_.round_seconds(i);
  return round * std::max(0, first_pass() - rounds());
}

void RunningRace::run() {
  const RaceOptions& asked = options();
  if (!asked.until_decided) {
    run_to(asked.rounds);
    return;
  }
  auto deadline = Clock::time_point::max();
  if (asked.patience)
    deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(*asked.patience);
  if (asked.budget) {
    deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(*asked.budget);
    run_to(rounds_that_tell_costs());
    if (const double needed = elapsed_seconds() + seconds_to_first_pass();
        needed > asked.budget->count())
      throw UsageError(fmt::format(
          "--budget: {} is too little for a first pass of {} rounds; it takes about {}",
          duration_words(asked.budget->count()), first_pass(), duration_words(1.1 * needed)));
  }
  run_to(first_pass());
  for (;;) {
    const OpenQuestions open = look();
    stopped_ = Stop::decided;
    if (!open.any()) return;
    stopped_ = Stop::rounds;
    if (rounds() >= asked.rounds) return;
    stopped_ = Stop::budget;
    if (!go_on(open, deadline)) return;
  }
}

RaceRecord RunningRace::record() const {
  RaceRecord record{name_, request_.experiment.get(), options(), outcome(), {}, stopped_};
  record.verdicts = judge(record.outcome.results, record.alpha);
  return record;
}

}  // namespace parlab
