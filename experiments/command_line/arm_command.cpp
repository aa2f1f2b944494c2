// parlab arm: no verb for people. An arm of a race that needs other variables in its environment
// than the race has, because a runtime reads them as it is loaded, is started by this: it reads the
// race's words again, and serves one of its arms on the socket that it inherited.

#include <sys/stat.h>

#include "experiments/command_line/race/race_command.hpp"
#include "experiments/command_line/verbs.hpp"
#include "experiments/measure/race/arm_process.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {

int arm_command(const Arguments& arguments) {
  constexpr char not_for_people[] = "arm is how parlab starts itself; use parlab run";
  // SOCKET REPEATS NUMBER VERB EXPERIMENT ...
  if (arguments.size() < 5) throw UsageError(not_for_people);
  const auto socket = static_cast<int>(parse_quantity("arm", arguments[0], 0, 1 << 20));
  const std::uint64_t repeats = parse_quantity("arm", arguments[1]);
  const std::uint64_t number = parse_quantity("arm", arguments[2]);
  struct stat facts {};
  if (fstat(socket, &facts) != 0 || !S_ISSOCK(facts.st_mode)) throw UsageError(not_for_people);
  const RaceVerb verb = arguments[3] == "compare" ? RaceVerb::compare : RaceVerb::run;
  const RaceRequest request = parse_race(verb, {arguments.begin() + 4, arguments.end()});
  if (number >= request.entrants.size()) throw UsageError(not_for_people);
  const auto open = [&] { return open_entrant(request, number); };
  serve_arm(socket, open, repeats, request.options.sample);
  return 0;
}

}  // namespace parlab
