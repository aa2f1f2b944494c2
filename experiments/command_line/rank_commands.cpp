// parlab ranks, parlab rank: no verbs for people. An arm whose workers are ranks of MPI is started by
// the first, which starts mpirun; that starts the second, once a rank.

#include <sys/stat.h>

#include "experiments/base/this_program.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/ranks/rank_arm.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/bindings/c/parlab.h"

namespace parlab {
namespace {

constexpr char not_for_people[] =
    "rank and ranks are how parlab starts itself; use parlab run --backend mpi";

/// SOMETHING REPEATS NUMBER VERB EXPERIMENT ...: what `parlab arm` is given, too.
struct RankWords {
  std::uint64_t first, repeats, number;
  RaceRequest request;
};

RankWords read_words(const Arguments& arguments) {
  if (arguments.size() < 5) throw UsageError(not_for_people);
  const RaceVerb verb = arguments[3] == "compare" ? RaceVerb::compare : RaceVerb::run;
  RankWords words{parse_quantity("rank", arguments[0], 0, 1 << 20),
                  parse_quantity("rank", arguments[1]), parse_quantity("rank", arguments[2]),
                  parse_race(verb, {arguments.begin() + 4, arguments.end()})};
  if (words.number >= words.request.entrants.size()) throw UsageError(not_for_people);
  return words;
}

}  // namespace

int ranks_command(const Arguments& arguments) {
  const RankWords words = read_words(arguments);
  const auto socket = static_cast<int>(words.first);
  struct stat facts {};
  if (fstat(socket, &facts) != 0 || !S_ISSOCK(facts.st_mode)) throw UsageError(not_for_people);
  const int workers = words.request.entrants[words.number].arm.executor.workers;
  std::vector<std::string> program = {program_file(), "rank", std::to_string(workers)};
  program.insert(program.end(), arguments.begin() + 1, arguments.end());
  relay_ranks(socket, rank_program(workers, {}, program, {}));
  return 0;
}

int rank_command(const Arguments& arguments) {
  if (arguments.size() < 5) throw UsageError(not_for_people);
  const auto size = static_cast<int>(parse_quantity("rank", arguments[0], 1, max_workers));
  Ranks& ranks = join_ranks(program_file().replace_filename("parlab-mpi.so"), size);
  const auto open = [&] {
    const RankWords words = read_words(arguments);
    return open_in_place(*words.request.experiment, words.request.entrants[words.number].arm);
  };
  const RankWords words = read_words(arguments);
  serve_rank(ranks, parlab_version(), open, words.repeats, words.request.options.sample);
  leave_ranks();
  return 0;
}

}  // namespace parlab
