#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <optional>

#include "experiments/advice/advice.hpp"
#include "experiments/advice/candidates.hpp"
#include "experiments/advice/choice_header.hpp"
#include "experiments/base/race_interruption.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/measure/results/result_place.hpp"
#include "experiments/options/duration.hpp"
#include "experiments/options/parse_words.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

struct Words {
  std::string variant, backends, workers, header;
  EffortWords effort;
  ResultWords result;
};

/// The loop that is asked about. Throws UsageError where the file has none or several.
Workload loop_of(const Experiment& own, const std::string& variant) {
  std::vector<Workload> loops;
  std::vector<std::string> names;
  for (const Workload& workload : own.workloads()) {
    if (workload.self_parallel || !workload.splittable) continue;
    if (std::ranges::find(names, workload.variant) == names.end())
      names.push_back(workload.variant);
    if (variant.empty() || workload.variant == variant) loops.push_back(workload);
  }
  if (loops.empty() && !variant.empty())
    throw UsageError(unknown_name("--variant", variant, names));
  if (loops.empty()) throw UsageError("advise: the file has no loop: write `kernel(begin, end)`");
  if (names.size() > 1 && variant.empty())
    throw UsageError(fmt::format("advise: the file has {} loops; name one of them: --variant {}",
                                 names.size(), fmt::join(names, ", ")));
  if (loops.size() > 1)
    throw UsageError(
        fmt::format("advise: {} sizes, parameters or builds; give one value each", loops.size()));
  return loops.front();
}

std::vector<BackendSpec> backends_of(const std::string& words) {
  std::vector<BackendSpec> all = words.empty() ? advisable_backends() : parse_backends(words);
  std::erase_if(all, [](const BackendSpec& executor) { return executor.backend == "serial"; });
  for (const BackendSpec& executor : all)
    if (!shares_memory(executor))
      throw UsageError(
          fmt::format("--backend: workers of {} share no memory, which advise does not race; use "
                      "parlab run own",
                      executor.backend));
  if (all.empty()) throw UsageError("--backend: serial is always raced; name a parallel backend");
  return all;
}

int workers_of(const std::string& words) {
  const int workers = words.empty()
                          ? usable_cores()
                          : static_cast<int>(parse_quantity("--workers", words, 1, max_workers));
  if (workers < 2)
    throw UsageError(
        "advise: one worker leaves nothing to choose; run it where there are two cores, or ask for "
        "--workers 2");
  return workers;
}

/// "Measured on AMD EPYC, 2 cores, 2026-11-29: 1.96x [1.93, 1.98] serial for saxpy over 4e6 indices."
std::string origin_of(const Advice& advice, const nlohmann::json& context) {
  return fmt::format(
      "Measured on {}, {}: {:.3g}x [{:.3g}, {:.3g}] serial for {} over {} {}.",
      context.value("cpu", "an unknown processor"), context.value("date", "").substr(0, 10),
      advice.confirmed.ratio, advice.confirmed.interval.low, advice.confirmed.interval.high,
      advice.workload.kernel, short_number(advice.workload.size), advice.workload.unit);
}

}  // namespace

int advise_command(const Arguments& arguments, const std::string& command) {
  CLI::App app(
      "Chooses backend, workers and grain for a loop of yours, confirms the choice in fresh "
      "rounds, "
      "and writes code for it that needs no parlab. FILE is a kernel file as `parlab run own` "
      "takes "
      "it: three lines of C++.",
      "parlab advise FILE");
  const auto own = make_experiment("own");
  own->add_options(app);
  Words words;
  words.effort.budget = "60s";
  app.add_option("--variant", words.variant, "which of the file's loops, for kernel_NAME its NAME");
  app.add_option(
      "--backend", words.backends,
      "parallel backends to choose from, as in openmp,tbb:auto [all, on every schedule]");
  app.add_option("--workers", words.workers, "max workers [the usable cores]");
  app.add_option("--budget", words.effort.budget, "time for the search and its confirmation [60s]")
      ->check(complaint_on_empty);
  app.add_option("--header", words.header,
                 "writes the code there, parlab_choice.hpp by custom, instead of to stdout")
      ->check(complaint_on_empty);
  app.add_option("--seed", words.effort.seed, "seed of the order of arms [1]");
  app.add_option("--timeout", words.effort.timeout,
                 "seconds until an arm's sample counts as hung [120]");
  app.add_option("--json", words.result.json, "writes the advice as JSON; - for stdout")
      ->check(complaint_on_empty);
  app.add_flag("--quiet", words.result.quiet, "no table, no progress");
  app.add_flag("--progress", words.result.progress,
               "progress as lines on stderr, for a program to read");
  app.footer("Example: parlab advise saxpy.hpp --size 1e6 --header parlab_choice.hpp");
  std::vector<std::string> options;
  for (const std::string& word : arguments)  // the file, wherever it stands first
    options.push_back(&word == arguments.data() && !word.starts_with('-') ? "--kernel=" + word
                                                                          : word);
  if (const auto help = parse_words(app, options)) {
    write_stdout(*help);
    return 0;
  }
  if (arguments.empty() || arguments[0].starts_with('-'))
    throw UsageError("advise: the file is missing; write parlab advise FILE, as in saxpy.hpp");
  AdviceRequest request;
  request.workers = workers_of(words.workers);
  request.backends = backends_of(words.backends);
  request.options = effort_of(words.effort);
  request.budget = request.options.budget.value();
  request.options.budget.reset();
  request.options.progress = progress_of(words.result);
  own->check_options();
  if (const std::string only = own->instead(); !only.empty()) {
    write_stdout(only);
    return 0;
  }
  request.workload = loop_of(*own, words.variant);

  const InterruptionGuard interruption;
  ResultPlace place(words.result.json);
  std::optional<OutputFile> header;
  if (!words.header.empty()) header.emplace(words.header);
  if (!(words.result.quiet || place.is_stdout())) require_stdout();
  nlohmann::json context = collect_context(command);
  const Advice advice = advise(*own, request, interruption);
  complete_context(context);

  const std::string code = choice_header(advice, origin_of(advice, context));
  nlohmann::ordered_json document = advice_json(advice);
  document["context"] = context;
  document["header"] = code;
  if (place) place.deliver(document);
  if (header) publish_or_rescue(*header, code);
  if (words.result.quiet) return 0;
  std::string text = advice_text(advice);
  if (header)
    text += fmt::format("The code is in {}.\n", words.header);
  else if (advice.choice.executor.backend != "serial")
    text += "\n" + code;
  if (place.is_stdout())
    write_stderr(text);
  else
    write_stdout(text);
  return 0;
}

}  // namespace parlab
