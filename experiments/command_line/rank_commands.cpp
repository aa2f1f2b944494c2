// parlab ranks, rank, rank-facts: no verbs for people. An arm whose workers are ranks of MPI is
// started by the first, which starts mpirun; that starts the second, once a rank. The third tells
// what ranks on a host would be.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "experiments/base/standard_streams.hpp"
#include "experiments/base/this_program.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/ranks/host_check.hpp"
#include "experiments/measure/ranks/rank_arm.hpp"
#include "experiments/measure/results/context.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/backends/ranks/lifeline.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

constexpr char not_for_people[] =
    "rank and ranks are how parlab starts itself; use parlab run --backend mpi";

/// SOMETHING REPEATS NUMBER VERB EXPERIMENT ...: what `parlab arm` is given, too.
struct RankWords {
  std::uint64_t repeats, number;
  RaceRequest request;
};

RankWords read_words(const Arguments& arguments) {
  if (arguments.size() < 5) throw UsageError(not_for_people);
  const RaceVerb verb = arguments[3] == "compare" ? RaceVerb::compare : RaceVerb::run;
  RankWords words{parse_quantity("rank", arguments[1]), parse_quantity("rank", arguments[2]),
                  parse_race(verb, {arguments.begin() + 4, arguments.end()})};
  if (words.number >= words.request.entrants.size()) throw UsageError(not_for_people);
  return words;
}

/// Variables that ranks on other hosts need, where only those of a login are set.
std::vector<std::string> exported_to(const RaceRequest& request, const Arm& arm) {
  std::set<std::string> names;
  const auto add = [&](const auto& variables) {
    for (const auto& [name, value] : variables) names.insert(name);
  };
  add(relevant_environment());
  add(arm.environment);
  add(request.experiment->variables(arm));
  names.insert(lifeline_variable);
  for (const char* name : {"CXX", "LD_LIBRARY_PATH"})
    if (getenv(name) != nullptr) names.insert(name);  // NOLINT(concurrency-mt-unsafe)
  return {names.begin(), names.end()};
}

/// The words for ranks: where they run is decided, and a file of hosts may not be there.
Arguments without_places(Arguments words) {
  for (const std::string option : {"--hosts", "--hostfile"}) {
    std::erase_if(words, [&](const std::string& word) { return word.starts_with(option + "="); });
    if (const auto at = std::ranges::find(words, option); at != words.end())
      words.erase(at, std::min(at + 2, words.end()));
  }
  return words;
}

}  // namespace

int ranks_command(const Arguments& arguments) {
  RankWords words = read_words(arguments);
  place_ranks(words.request);
  const auto socket = static_cast<int>(parse_quantity("rank", arguments[0], 0, 1 << 20));
  struct stat facts {};
  if (fstat(socket, &facts) != 0 || !S_ISSOCK(facts.st_mode)) throw UsageError(not_for_people);
  const Arm& arm = words.request.entrants[words.number].arm;
  const RankLayout layout = words.request.ranks.layout(arm.executor);
  const std::vector<RankHost>& hosts = layout.hosts;
  // A grain is chosen by caches and processors, of which other machines have others.
  std::vector<std::string> program = {program_file(), "rank",
                                      fmt::format("{}", fmt::join(layout.threads, ",")),
                                      fmt::to_string(arm.grain)};
  Arguments rest = without_places({arguments.begin() + 1, arguments.end()});
  const bool says_workers = std::ranges::any_of(
      rest, [](const std::string& word) { return word.starts_with("--workers"); });
  if (!says_workers)  // as many as the hosts take, which ranks are not told
    rest.insert(rest.end(), {"--workers", fmt::to_string(arm.executor.workers)});
  program.insert(program.end(), rest.begin(), rest.end());
  Program mpirun = rank_program(static_cast<int>(layout.threads.size()), hosts, program,
                                exported_to(words.request, arm));
  std::optional<LifelineServer> lifelines;
  if (!hosts.empty()) {
    lifelines.emplace();
    mpirun.variables[lifeline_variable] = lifelines->address();
  }
  relay_ranks(socket, mpirun, lifelines ? &*lifelines : nullptr);
  return 0;
}

int rank_command(const Arguments& arguments) {
  if (arguments.size() < 6) throw UsageError(not_for_people);
  std::vector<int> threads;  // of each rank, with commas between
  std::istringstream numbers(arguments[0]);
  for (std::string number; std::getline(numbers, number, ',');)
    threads.push_back(static_cast<int>(parse_quantity("rank", number, 1, max_workers)));
  hold_lifeline();
  Ranks& ranks = join_ranks(program_file().replace_filename("parlab-mpi.so"), std::move(threads));
  // What is wrong with the words of one rank, a kernel that does not compile for instance, is told when
  // all open: a rank that left alone would wait for the others indefinitely.
  std::optional<RankWords> words;
  std::exception_ptr why;
  try {
    words.emplace(read_words({arguments.begin() + 1, arguments.end()}));
    words->request.entrants[words->number].arm.grain = parse_quantity("rank", arguments[1], 1);
  } catch (...) {
    why = std::current_exception();
  }
  const auto open = [&] {
    if (why) std::rethrow_exception(why);
    return open_entrant(words->request, words->number);
  };
  serve_rank(ranks, program_build(), open, words ? words->repeats : 0,
             words ? words->request.options.sample : SampleRules{});
  leave_ranks();
  return 0;
}

int rank_facts_command(const Arguments& arguments) {
  if (arguments.size() > 1) throw UsageError(not_for_people);
  write_stdout(rank_facts_line(arguments.empty() ? "" : arguments.front()));
  return 0;
}

}  // namespace parlab
