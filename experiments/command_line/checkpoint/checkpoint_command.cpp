// parlab run --checkpoint: one run that goes on where it was stopped.

#include <fmt/format.h>

#include "experiments/base/json_text.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/checkpoint/long_run.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/options/duration.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

std::string how_to_go_on(const LongRun& run) {
  const RunStatus status = run.status();
  if (status.facts.saved_at == 0) return "nothing was finished";
  return fmt::format("{} has {:.1f} % of the run, and the same command goes on from there",
                     status.file, 100 * status.fraction());
}

/// "For the primes of [0, 1e11) by sieve: 4118054813", and what it took.
std::string text_of(const Experiment& experiment, const Arm& arm, const RunStatus& status,
                    const Answer& answer) {
  std::string text = fmt::format("{}: {}\n", experiment.subject(arm.workload), told_answer(answer));
  text += fmt::format("{} on {} x{}", duration_words(status.facts.seconds), status.facts.backend,
                      status.facts.workers);
  if (status.facts.runs > 1) text += fmt::format(", in {} runs", status.facts.runs);
  if (status.facts.seconds > 0 && status.rate())
    text +=
        fmt::format(", {:.3g} {}/s", static_cast<double>(arm.workload.size) / status.facts.seconds,
                    arm.workload.unit);
  return text + fmt::format("; not compared with another way; {} is complete\n", status.file);
}

}  // namespace

int checkpoint_command(RaceRequest request, const std::string& command) {
  const Experiment& experiment = *request.experiment;
  const bool has_product = experiment.has_product();
  if (request.result.json == "-" && has_product)
    throw UsageError("--json - and --list both want stdout; write the result to a file");
  require_ranks(request);
  const InterruptionGuard interruption;
  ResultPlace place(request.result.json);
  const bool is_quiet = request.result.quiet || place.is_stdout();
  if (has_product || !is_quiet) require_stdout();
  const Arm& arm = request.entrants.front().arm;
  LongRun run(experiment, arm, *request.checkpoint, request.options.words, command);
  Answer answer;
  try {
    answer = run.run(interruption, request.options.progress);
  } catch (const Interrupted& interrupted) {
    tell("parlab: interrupted; {}\n", how_to_go_on(run));
    return 128 + interrupted.signal();
  } catch (const ArmFailed& failed) {
    tell("parlab: {} failed: {}; {}\n", arm.executor.label(), failed.what(), how_to_go_on(run));
    return 1;
  }
  nlohmann::json document = run.status().json();
  document["answer"] = answer;
  if (place) place.deliver(document);
  if (!is_quiet) {
    const std::string text = text_of(experiment, arm, run.status(), answer);
    if (has_product)
      write_stderr(text);
    else
      write_stdout(text);
  }
  experiment.print_product([](std::string_view text) { write_stdout(text); });
  flush_stdout();
  return run.is_saved() ? 0 : 1;
}

OpenedArm open_entrant(const RaceRequest& request, std::size_t number) {
  const Arm& arm = request.entrants[number].arm;
  return request.checkpoint ? open_in_pieces(*request.experiment, arm, *request.checkpoint)
                            : open_in_place(*request.experiment, arm);
}

}  // namespace parlab
