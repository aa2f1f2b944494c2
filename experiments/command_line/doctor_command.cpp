#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/doctor/calibration.hpp"
#include "experiments/doctor/doctor.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

int run_calibration(std::chrono::duration<double> time, bool json, bool quiet) {
  require_stdout();
  const InterruptionGuard interruption;
  const auto progress =
      !quiet && isatty(STDERR_FILENO) != 0 ? ProgressStyle::one_line : ProgressStyle::none;
  const CalibrationOutcome outcome = calibrate(time, progress, interruption);
  write_stdout(json ? calibration_json(outcome).dump(2) + "\n" : calibration_text(outcome));
  if (outcome.signal == 0) return 0;
  tell("parlab: interrupted; these are the races that were done\n");
  return 128 + outcome.signal;
}

}  // namespace

int doctor_command(const Arguments& arguments) {
  CLI::App app("Finds what disturbs measurements on this machine, and says how to fix it.",
               "parlab doctor");
  bool json = false;
  bool calibrates = false;
  bool quiet = false;
  std::string budget;
  app.add_flag("--json", json, "as JSON, on stdout");
  app.add_flag(
      "--calibrate", calibrates,
      "instead, race a real arm with planted slow-downs of 1, 3, 5 and 10 %, and say how many were "
      "detected in how many rounds, and how many where there was none");
  app.add_option("--budget", budget, "time for --calibrate [1min]");
  app.add_flag("--quiet", quiet, "no progress");
  app.footer(
      "Example: parlab doctor --json | jq '.findings[].cure'\n"
      "Example: parlab doctor --calibrate --budget 2min");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (!calibrates && !budget.empty()) throw UsageError("doctor: --budget goes with --calibrate");
  if (!calibrates) return run_doctor(json);
  const std::chrono::duration<double> time =
      budget.empty() ? usual_calibration : parse_duration("--budget", budget, max_budget);
  return run_calibration(time, json, quiet);
}

}  // namespace parlab
