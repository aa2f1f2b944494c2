// What `parlab advise` says.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/advice/advice.hpp"
#include "experiments/advice/candidates.hpp"
#include "experiments/base/table.hpp"
#include "experiments/options/duration.hpp"

namespace parlab {
namespace {

/// Rows of the table for people; the JSON has all.
constexpr std::size_t max_rows = 12;

std::string ratio_text(const Comparison& comparison) {
  return fmt::format("{:.3g}x [{:.3g}, {:.3g}]", comparison.ratio, comparison.interval.low,
                     comparison.interval.high);
}

std::string seconds_text(double seconds) {
  const TimeUnit unit = time_unit_for({seconds});
  return fmt::format("{:.3g} {}", seconds * unit.per_second, unit.name);
}

bool is_serial(const Advice& advice) { return advice.choice.executor.backend == "serial"; }

constexpr const char* what_would_decide =
    "What would decide it: a longer --budget, or a machine with less other load.";

std::string how_sure(const Advice& advice) {
  if (!advice.against_runner_up) return "";
  return fmt::format("Against {}, {}, it is {}: {}.",
                     advice.swapped ? "the arm that led the search" : "the runner-up",
                     advice.runner_up, ratio_text(*advice.against_runner_up),
                     verdict_text(*advice.against_runner_up));
}

std::string table_text(const Advice& advice) {
  Table table({{"arm"},
               {"one run", Table::Align::right},
               {"against the fastest", Table::Align::right},
               {"rounds", Table::Align::right},
               {"verdict"}});
  for (const Considered& one : advice.considered) {
    if (&one - advice.considered.data() >= static_cast<std::ptrdiff_t>(max_rows)) break;
    if (!one.failure.empty()) continue;
    table.add({one.label, seconds_text(one.seconds),
               one.against_best ? ratio_text(*one.against_best) : "1", fmt::to_string(one.rounds),
               !one.against_best ? "the fastest"
               : one.as_good     ? "as good, by these rounds"
                                 : "slower: left"});
  }
  return table.text();
}

}  // namespace

std::vector<std::string> advice_sentences(const Advice& advice) {
  std::vector<std::string> sentences;
  const auto as_good = std::ranges::count(advice.considered, true, &Considered::as_good);
  if (is_serial(advice)) {
    sentences.push_back(fmt::format(
        "{}: it takes {}, and the best parallel arm, {}, is {} as fast in fresh rounds: {}.",
        is_open(advice.confirmed) ? "Not decided, so leave the loop serial"
                                  : "Leave the loop serial",
        seconds_text(advice.serial_seconds), advice.label, ratio_text(advice.confirmed),
        verdict_text(advice.confirmed)));
    sentences.push_back(how_sure(advice));
    sentences.emplace_back(is_open(advice.confirmed)
                               ? what_would_decide
                               : "What would change this: more work per index, more indices, "
                                 "or more cores.");
    std::erase(sentences, "");
    return sentences;
  }
  const Arm& choice = advice.choice;
  sentences.push_back(fmt::format(
      "Use {} with {} workers and {} chunks per worker, {} {} each: {} as fast as serial in {} "
      "fresh rounds{}.",
      choice.executor.label(), choice.executor.workers,
      chunks_per_worker_of(choice.workload.size, choice.executor.workers, choice.grain),
      choice.grain, choice.workload.unit, ratio_text(advice.confirmed),
      advice.confirmed.rounds_taken, advice.confirmed.beside_load ? ", beside load" : ""));
  if (is_open(advice.confirmed))
    sentences.push_back(
        fmt::format("Not decided: {}. {}", verdict_text(advice.confirmed), what_would_decide));
  const std::string why =
      advice.swapped ? "In fresh rounds it was faster than what the search had chosen."
      : has_plain_code(advice.choice.executor)
          ? fmt::format("Of {} arms, {} are as good as the fastest; of those this is the simplest.",
                        advice.considered.size(), as_good)
          : "It is the fastest.";
  sentences.push_back(why + " " + how_sure(advice));
  sentences.push_back(
      advice.pays_from
          ? fmt::format("It pays from about {} {}: until all workers take part {} go by.",
                        *advice.pays_from, choice.workload.unit, seconds_text(advice.start_seconds))
          : "From which size it pays cannot be told.");
  const std::uint64_t least = advice.pays_from.value_or(1);
  sentences.push_back(fmt::format(
      "What would change this: a loop below {} {}, another number of cores, work per index that "
      "varies more than here.",
      least, choice.workload.unit));
  const Considered& fastest = advice.considered.front();
  if (!has_plain_code(fastest.arm.executor) && fastest.label != advice.label)
    sentences.push_back(fmt::format(
        "{} took {} in the search, but is not advised: parlab writes no plain code for it.",
        fastest.label, seconds_text(fastest.seconds)));
  return sentences;
}

std::string advice_text(const Advice& advice) {
  std::string text = fmt::format(
      "{}, {} {}: {} serial; {} arms in {}\n\n{}", advice.workload.kernel,
      short_number(advice.workload.size), advice.workload.unit, seconds_text(advice.serial_seconds),
      advice.considered.size(), duration_words(advice.elapsed_seconds), table_text(advice));
  if (advice.considered.size() > max_rows)
    text += fmt::format("and {} slower ones\n", advice.considered.size() - max_rows);
  text += "\n";
  for (const std::string& sentence : advice_sentences(advice)) text += sentence + "\n";
  for (const Considered& one : advice.considered)
    if (!one.failure.empty()) text += fmt::format("Not raced: {}: {}\n", one.label, one.failure);
  return text;
}

nlohmann::ordered_json advice_json(const Advice& advice) {
  const auto comparison_json = [](const Comparison& comparison) -> nlohmann::ordered_json {
    const auto bound = [](double value) {
      return std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr;
    };
    return {{"ratio", comparison.ratio},
            {"low", bound(comparison.interval.low)},
            {"high", bound(comparison.interval.high)},
            {"confidence", comparison.confidence},
            {"rounds", comparison.rounds_taken},
            {"verdict", to_string(comparison.verdict)},
            {"beside_load", comparison.beside_load}};
  };
  const auto arm_json = [](const Arm& arm) -> nlohmann::ordered_json {
    return {{"backend", arm.executor.backend},
            {"schedule", arm.executor.schedule},
            {"workers", arm.executor.workers},
            {"grain", arm.grain}};
  };
  nlohmann::ordered_json considered = nlohmann::ordered_json::array();
  for (const Considered& one : advice.considered) {
    nlohmann::ordered_json entry = arm_json(one.arm);
    entry["label"] = one.label;
    entry["as_good"] = one.as_good;
    entry["seconds"] = one.failure.empty() ? nlohmann::ordered_json(one.seconds) : nullptr;
    entry["rounds"] = one.rounds;
    entry["against_fastest"] =
        one.against_best ? comparison_json(*one.against_best) : nlohmann::ordered_json(nullptr);
    entry["failure"] =
        one.failure.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(one.failure);
    considered.push_back(std::move(entry));
  }
  nlohmann::ordered_json choice = arm_json(advice.choice);
  choice["label"] = is_serial(advice) ? "serial" : advice.label;
  return {
      {"schema", "parlab/1-advice"},
      {"kernel", advice.workload.kernel},
      {"size", advice.workload.size},
      {"unit", advice.workload.unit},
      {"choice", std::move(choice)},
      {"tried", advice.label},
      {"against_serial", comparison_json(advice.confirmed)},
      {"runner_up", advice.runner_up},
      {"against_runner_up", advice.against_runner_up ? comparison_json(*advice.against_runner_up)
                                                     : nlohmann::ordered_json(nullptr)},
      {"serial_seconds", advice.serial_seconds},
      {"choice_seconds", is_serial(advice) ? advice.serial_seconds : advice.choice_seconds},
      {"start_seconds", advice.start_seconds},
      {"pays_from", advice.pays_from ? nlohmann::ordered_json(*advice.pays_from) : nullptr},
      {"sentences", advice_sentences(advice)},
      {"considered", std::move(considered)},
      {"elapsed_seconds", advice.elapsed_seconds}};
}

}  // namespace parlab
