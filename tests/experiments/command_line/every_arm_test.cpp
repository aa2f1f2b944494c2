// Every arm of an experiment gives the same answer, whatever its backend, schedule and worker
// count.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

/// What to run, in words. A test each: all arms of one take seconds.
class EveryArm : public testing::TestWithParam<Words> {};

TEST_P(EveryArm, GivesTheSameAnswer) {
  const std::string name = GetParam().front();
  Words arguments = {"run"};
  arguments.insert(arguments.end(), GetParam().begin(), GetParam().end());
  const TemporaryFolder folder;
  for (const char* word :
       {"--backend", "all", "--workers", "1,3", "--rounds", "1", "--json", "r.json"})
    arguments.emplace_back(word);
  const Ended ended = run_parlab(arguments, folder.path());
  ASSERT_EQ(ended.code, 0) << name << ": " << ended.err;
  std::map<std::string, std::set<json>> answers;  // by the stream of random numbers
  std::set<std::string> labels;
  const json document = read_json(folder.path() / "r.json");
  for (const json& result : document["results"]) {
    std::string stream;
    bool splittable = true;
    for (const DartVariant& variant : dart_variants()) {
      if (variant.name != result["variant"].get<std::string>()) continue;
      stream = variant.reference;
      splittable = variant.splittable;
    }
    if (!splittable) continue;
    answers[stream].insert(result["answer"]);
    labels.insert(result["label"]);
  }
  for (const auto& [stream, same] : answers)
    EXPECT_EQ(same.size(), 1u) << name << " " << stream << ": " << json(same).dump();
  EXPECT_GE(labels.size(), parse_backends("all").size());
}
INSTANTIATE_TEST_SUITE_P(
    Run, EveryArm,
    testing::Values(
        Words{"pi", "--darts", "100_003", "--variant", "all", "--chunks", "7"},
        Words{"primes", "--from", "1", "--to", "20000", "--algorithm", "trial,sieve,batch",
              "--grain", "999"},
        Words{"primes", "--to", "3e6", "--algorithm", "combinatorial,sieve", "--grain", "200_000"},
        Words{"primes", "--from", "3", "--to", "20000", "--list", "--grain", "777"},
        Words{"verify_prime", "--algorithm", "naive,wheel,vector,bpsw", "--number",
              "112272535095295"},
        Words{"verify_prime", "--algorithm", "naive,wheel,vector,bpsw", "--number", "10000600009",
              "--grain", "999"},
        Words{"verify_prime", "--algorithm", "vector,bpsw", "--number", "100109100129100151"},
        Words{"dispatch", "--chunks", "5"},
        Words{"stream", "--kernel", "triad", "--bytes", "200_000", "--grain", "3001"},
        Words{"stream", "--kernel", "latency", "--bytes", "100_000", "--grain", "99"},
        Words{"histogram", "--size", "100_003", "--bins", "1000", "--variant", "all", "--keys",
              "skewed", "--grain", "9999"},
        Words{"spmv", "--rows", "5000", "--variant", "all", "--grain", "777"}));

}  // namespace
}  // namespace parlab
