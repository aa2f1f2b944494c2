// parlab diff: two result files side by side.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/diff/result_pair.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/options/parse_words.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {

int diff_command(const Arguments& arguments) {
  CLI::App app(
      "Compares two result files whose races did not share rounds: answers, versions, environment; "
      "times by the ratio to a reference arm that stands in both, else without a verdict.",
      "parlab diff");
  std::vector<std::string> files;
  std::string reference, json;
  app.add_option("FILES", files,
                 "two files that --json wrote, or hyperfine's --export-json; the older first");
  app.add_option("--reference", reference,
                 "the arm in both files that times are compared with [the baseline]");
  app.add_option("--json", json, "writes the comparison; - for stdout")->check(complaint_on_empty);
  app.footer("Exit code 1: an answer differs. Example: parlab diff monday.json today.json");
  if (const auto help = parse_words(app, arguments)) {
    write_stdout(*help);
    return 0;
  }
  if (files.size() != 2)
    throw UsageError("diff: give two result files, as in parlab diff monday.json today.json");
  FileResult first = read_result(files[0]), second = read_result(files[1]);
  const ResultPair pair = pair_results(std::move(first), std::move(second), reference);
  ResultPlace place(json);
  if (place) place.deliver(pair_json(pair));
  if (!place.is_stdout()) write_stdout(pair_text(pair));
  flush_stdout();
  return pair.answers_differ() ? 1 : 0;
}

}  // namespace parlab
