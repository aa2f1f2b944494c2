#include "experiments/command_line/verbs.hpp"

#include <fmt/format.h>

#include "experiments/base/standard_streams.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/measure/results/context.hpp"
#include "kernels/base/registry.hpp"

namespace parlab {
namespace {

template <RaceVerb verb>
int run_race(const Arguments& arguments, const std::string& command) {
  return race_command(verb, arguments, command);
}

/// For a verb whose result does not say how it was called.
template <int (*command)(const Arguments&)>
int run_alone(const Arguments& arguments, const std::string&) {
  return command(arguments);
}

}  // namespace

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = {
      {"list", "", "experiments, backends, kernels; what this build lacks",
       run_alone<list_command>},
      {"run", "EXPERIMENT", "measures it in paired rounds and prints a table",
       run_race<RaceVerb::run>},
      {"compare", "EXPERIMENT", "compares backends directly, with a verdict",
       run_race<RaceVerb::compare>},
      {"advise", "FILE", "chooses backend, workers and grain for your loop", advise_command},
      {"plan", "EXPERIMENT", "how long it would take on a thousand ranks, and what would limit it",
       plan_command},
      {"race", "-- A -- B", "races any commands: whole programs, with a verdict",
       run_race<RaceVerb::race>},
      {"diff", "A.json B.json", "what two result files say that were not measured together",
       run_alone<diff_command>},
      {"replay", "REPORT", "repeats another's report here, sentence by sentence", replay_command},
      {"history", "[EXPERIMENT]", "what was measured before on this machine, over commits",
       run_alone<history_command>},
      {"status", "FILE", "how far a run with --checkpoint is", run_alone<status_command>},
      {"suite", "--out DIR", "every experiment, for the report", suite_command},
      {"doctor", "", "what disturbs measurements on this machine, and how to fix it",
       run_alone<doctor_command>},
      {"random", "", "random numbers on stdout, for programs that test them",
       run_alone<random_command>},
      {"crawl", "URL", "crawls a web site politely: each page once, within limits",
       run_alone<crawl_command>},
      {"check", "URL", "checks every link of a web site, and where it stands",
       run_alone<check_command>},
      {"serve", "", "an HTTP server with configurable response delay, and a synthetic site",
       run_alone<serve_command>},
      {"completion", "SHELL", "completes these words in bash, zsh or fish",
       run_alone<completion_command>},
      {"man", "[VERB]", "a manual page, from the texts of --help", run_alone<man_command>},
  };
  return all;
}

std::string program_help() {
  std::string text =
      "parlab measures which parallel backend suits a loop on this machine.\n\n"
      "Usage: parlab VERB ...\n\n";
  for (const Verb& verb : verbs())
    text += fmt::format("  {:<22} {}\n", fmt::format("{} {}", verb.name, verb.operands), verb.what);
  return text +
         "\nHelp of each: parlab VERB --help; parlab --version\n"
         "Example: parlab run pi --backend openmp:static,tbb --workers 1,2 --darts 1e8\n";
}

int run_verb(const Arguments& words, const std::string& command) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    write_stdout(program_help());
    return 0;
  }
  if (words[0] == "--version") {
    write_stdout(fmt::format("parlab {}\n", program_build()));
    return 0;
  }
  const Arguments rest(words.begin() + 1, words.end());
  if (words[0] == "arm") return arm_command(rest);      // of a race, in a program of its own
  if (words[0] == "rank") return rank_command(rest);    // of an arm whose workers are ranks
  if (words[0] == "ranks") return ranks_command(rest);  // and what starts them
  if (words[0] == "rank-facts") return rank_facts_command(rest);
  return entry_named(verbs(), "verb", words[0]).run(rest, command);
}

}  // namespace parlab
