// parlab: one program, one verb a use. Errors end here: one line on stderr, and an exit code that
// says whose they are (2 the caller's, 1 the run's, 128 + signal an interruption). A reader of
// stdout that has gone away is one by SIGPIPE: no line.

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/base/shell_words.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/base/this_program.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/command_line/verbs.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/simd_level.hpp"

namespace {

constexpr char help[] =
    "parlab measures which parallel backend suits a loop on this machine.\n\n"
    "Usage: parlab VERB ...\n\n"
    "  list                   experiments, backends, kernels; what this build lacks\n"
    "  run EXPERIMENT         measures it in paired rounds and prints a table\n"
    "  compare EXPERIMENT     compares backends directly, with a verdict\n"
    "  advise FILE            chooses backend, workers and grain for your loop\n"
    "  race -- A -- B         races any commands: whole programs, with a verdict\n"
    "  diff A.json B.json     what two result files say that were not measured together\n"
    "  suite --out DIR        every experiment, for the report\n"
    "  doctor                 what disturbs measurements on this machine, and how to fix it\n"
    "  random                 random numbers on stdout, for programs that test them\n"
    "  crawl URL              crawls a web site politely: each page once, within limits\n"
    "  check URL              checks every link of a web site, and where it stands\n"
    "  serve                  an HTTP server with configurable response delay, and a synthetic "
    "site\n\n"
    "Help of each: parlab VERB --help\n"
    "Example: parlab run pi --backend openmp:static,tbb --workers 1,2 --darts 1e8\n";

int dispatch(const std::vector<std::string>& words, const std::string& command) {
  if (words.empty()) {
    parlab::write_stdout(help);
    return 0;
  }
  const std::string& verb = words[0];
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (verb == "--help" || verb == "-h" || verb == "help") {
    parlab::write_stdout(help);
    return 0;
  }
  if (verb == "run") return parlab::race_command(parlab::RaceVerb::run, rest, command);
  if (verb == "compare") return parlab::race_command(parlab::RaceVerb::compare, rest, command);
  if (verb == "race") return parlab::race_command(parlab::RaceVerb::race, rest, command);
  if (verb == "advise") return parlab::advise_command(rest, command);
  if (verb == "list") return parlab::list_command(rest);
  if (verb == "suite") return parlab::suite_command(rest, command);
  if (verb == "diff") return parlab::diff_command(rest);
  if (verb == "doctor") return parlab::doctor_command(rest);
  if (verb == "random") return parlab::random_command(rest);
  if (verb == "crawl") return parlab::crawl_command(rest);
  if (verb == "check") return parlab::check_command(rest);
  if (verb == "serve") return parlab::serve_command(rest);
  if (verb == "arm") return parlab::arm_command(rest);
  throw parlab::UsageError(
      parlab::unknown_name("verb", verb,
                           {"list", "run", "compare", "advise", "race", "diff", "suite", "doctor",
                            "random", "crawl", "check", "serve"}));
}

}  // namespace

int main(int count, char** values) {
  parlab::remember_start(count, values);
  parlab::unbind_main_thread();  // arms inherit the processors; openmp's goes to its place itself
  // A reader that goes away (parlab list | head) is seen as a failed write, not as a killed
  // process.
  std::signal(SIGPIPE, SIG_IGN);
  // A file above the limit is seen as a failed write, too.
  std::signal(SIGXFSZ, SIG_IGN);
  // Ignored by whoever started us, it would leave no child's status to read.
  std::signal(SIGCHLD, SIG_DFL);
  parlab::open_standard_streams();
  parlab::end_on_interruption();
  std::string command = "parlab";
  for (int i = 1; i < count; ++i) (command += ' ') += parlab::shell_quoted(values[i]);
  try {
    parlab::check_simd_level_of_environment();
    const int code = dispatch(std::vector<std::string>(values + 1, values + count), command);
    parlab::flush_stdout();
    return code;
  } catch (const parlab::UsageError& error) {
    parlab::tell("parlab: {}\n", error.what());
    return 2;
  } catch (const parlab::Interrupted& interrupted) {
    parlab::tell("parlab: interrupted; nothing was written\n");
    return 128 + interrupted.signal();
  } catch (const parlab::OutputLost& lost) {
    if (lost.reader_left()) return 128 + SIGPIPE;
    parlab::tell("parlab: {}\n", lost.what());
    return 1;
  } catch (const std::bad_alloc&) {
    parlab::tell("parlab: there is not enough memory for this; ask for less\n");
    return 1;
  } catch (const std::exception& error) {
    parlab::tell("parlab: {}\n", error.what());
    return 1;
  }
}
