#include "experiments/checkpoint/run_status.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "experiments/base/json_text.hpp"
#include "experiments/checkpoint/fold_pacer.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/options/duration.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Bytes of an answer that stands in the file; the command tells a longer one.
constexpr std::size_t max_answer = 1024;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string time_text(double seconds) {
  std::tm parts{};
  const auto whole = static_cast<std::time_t>(seconds);
  gmtime_r(&whole, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts);
}

}  // namespace

json RunFacts::json() const {
  const bool is_short =
      answer.dump(-1, ' ', false, json::error_handler_t::replace).size() <= max_answer;
  return {{done_fact, done},
          {chunks_fact, chunks},
          {"seconds", seconds},
          {"rate", rate},
          {"runs", runs},
          {"backend", backend},
          {"workers", workers},
          {"saved_at", saved_at},
          {"complete", is_complete},
          {"answer", is_short ? answer : Answer()}};
}

RunFacts RunFacts::of(const nlohmann::json& json) try {
  return {.chunks = json.at(chunks_fact),
          .done = json.at(done_fact),
          .seconds = json.at("seconds"),
          .rate = json.at("rate"),
          .runs = json.at("runs"),
          .backend = json.at("backend"),
          .workers = json.at("workers"),
          .saved_at = json.at("saved_at"),
          .is_complete = json.at("complete"),
          .answer = json.at("answer")};
} catch (const nlohmann::json::exception&) {
  throw std::runtime_error("what stands beside the state is not what a run writes");
}

json checkpoint_head(const Experiment& experiment, const Arm& arm, const std::string& command) {
  const Workload& workload = arm.workload;
  return {{"version", program_version()},
          {"experiment", experiment.name()},
          {"kernel", workload.kernel},
          {"variant", workload.variant},
          {"algorithm", workload.algorithm},
          {"size", workload.size},
          {"unit", workload.unit},
          {"parameters", workload.parameters},
          {"grain", arm.grain},
          {"code", experiment.code_of(workload)},
          {"command", as_utf8(without_credentials(command))}};
}

double RunStatus::fraction() const {
  if (facts.chunks == 0) return facts.is_complete ? 1 : 0;
  return static_cast<double>(facts.done) / static_cast<double>(facts.chunks);
}

std::optional<double> RunStatus::rate() const {
  const std::uint64_t size = head.at("size"), grain = head.at("grain");
  if (Chunking({0, size}, grain).chunks() != facts.chunks || !(facts.rate > 0)) return std::nullopt;
  return facts.rate * static_cast<double>(size) / static_cast<double>(facts.chunks);
}

std::optional<double> RunStatus::seconds_left() const {
  if (facts.is_complete) return 0;
  if (!(facts.rate > 0)) return std::nullopt;
  return static_cast<double>(facts.chunks - facts.done) / facts.rate;
}

std::string RunStatus::progress() const {
  // Never 100 % before the end.
  const double percent =
      facts.is_complete ? 100 : std::min(99.9, std::floor(fraction() * 1000) / 10);
  std::string text = fmt::format("{:.1f} % done", percent);
  if (const auto indices = rate())
    text += fmt::format(", {:.3g} {}/s", *indices, head.at("unit").get<std::string>());
  return text;
}

std::string RunStatus::text() const {
  std::string state = "not running: the same command goes on";
  if (writer) state = fmt::format("running, process {}", *writer);
  if (facts.is_complete) state = "complete";
  std::string text = fmt::format("{}: {}\n", file, head.at("command").get<std::string>());
  if (facts.saved_at == 0) return text + fmt::format("nothing is saved yet; {}\n", state);
  text += fmt::format("{}; {}", progress(), state);
  if (!facts.is_complete)
    if (const auto left = seconds_left()) text += fmt::format("; {} left", duration_words(*left));
  text += fmt::format("\n{} on {} x{}, in {} run{}; saved {} ago\n", duration_words(facts.seconds),
                      facts.backend, facts.workers, facts.runs, facts.runs == 1 ? "" : "s",
                      duration_words(std::max(0.0, now() - facts.saved_at)));
  if (facts.is_complete)
    text += facts.answer.is_null() ? "the same command prints the answer\n"
                                   : fmt::format("answer: {}\n", told_answer(facts.answer));
  return text;
}

json RunStatus::json() const {
  const auto number = [](std::optional<double> value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
  };
  const char* const state = facts.is_complete ? "complete" : writer ? "running" : "stopped";
  return {{"schema", "parlab/1-checkpoint"},
          {"file", as_utf8(file)},
          {"run", head},
          {"state", state},
          {"process", writer ? nlohmann::json(*writer) : nlohmann::json()},
          {"chunks", facts.chunks},
          {"done", facts.done},
          {"fraction", fraction()},
          {"seconds", facts.seconds},
          {"runs", facts.runs},
          {"backend", facts.backend},
          {"workers", facts.workers},
          {"per_second", number(rate())},
          {"seconds_left", number(seconds_left())},
          {"saved_at",
           facts.saved_at > 0 ? nlohmann::json(time_text(facts.saved_at)) : nlohmann::json()},
          {"answer", facts.answer}};
}

RunStatus run_status(const std::string& file) {
  CheckpointContent content = read_checkpoint(file);
  RunStatus status{.file = file,
                   .head = std::move(content.head),
                   .facts = {},
                   .writer = writer_of_checkpoint(file)};
  if (content.state) status.facts = RunFacts::of(content.state->facts);
  return status;
}

}  // namespace parlab
