// parlab status: how far a long run is, from beside it.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "experiments/base/standard_streams.hpp"
#include "experiments/checkpoint/run_status.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/options/help_table.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {

int status_command(const Arguments& arguments) {
  CLI::App app(
      "Tells how far a run with --checkpoint is, by its file: while it goes on, when it was "
      "killed, "
      "and when it is complete.",
      "parlab status");
  std::vector<std::string> files;
  std::string json;
  app.add_option("FILE", files, "what --checkpoint was given");
  app.add_option("--json", json, "writes it as JSON; - for stdout")
      ->check(complaint_on_empty)
      ->type_name(file_type);
  app.footer(
      "Example: parlab run primes --from 0 --to 1e12 --algorithm sieve --backend openmp "
      "--checkpoint c &\n"
      "         parlab status c");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (files.size() != 1) throw UsageError("status: name one file, as in parlab status c");
  ResultPlace place(json);
  const RunStatus status = run_status(files.front());
  if (place) place.deliver(status.json());
  if (!place.is_stdout()) write_stdout(status.text());
  return 0;
}

}  // namespace parlab
