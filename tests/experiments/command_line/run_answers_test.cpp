// What runs of experiments answer, as their result files have it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernels/numerics/darts/monte_carlo.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Run, PrintsTheListedPrimesAlone) {
  const Ended ended = run_parlab({"run", "primes", "--from", "2", "--to", "20", "--list",
                                  "--backend", "threads", "--rounds", "1"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "2\n3\n5\n7\n11\n13\n17\n19\n");
  EXPECT_THAT(ended.err, HasSubstr("threads:static"));
}

TEST(Run, TakesTheLargestNumbersAndEmptyRanges) {
  const auto primes = [](const std::string& from, const std::string& to) {
    return run_parlab({"run", "primes", "--from", from, "--to", to, "--algorithm", "trial",
                       "--list", "--backend", "serial", "--rounds", "1", "--quiet"});
  };
  EXPECT_EQ(primes("5", "5").code, 0);
  EXPECT_EQ(primes("5", "5").out, "");
  // even, so trial division ends at once
  const Ended top = primes("18446744073709551614", "18446744073709551615");
  EXPECT_EQ(top.code, 0) << top.err;
  EXPECT_EQ(top.out, "");
}

TEST(Run, ChoosesDartsByGeneratorAndPrecision) {
  const auto variants = [](std::vector<std::string> options) {
    options.insert(options.begin(), {"run", "pi", "--darts", "5000"});
    for (const char* word : {"--backend", "serial", "--rounds", "1", "--json", "-", "--quiet"})
      options.emplace_back(word);
    const Ended ended = run_parlab(options);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::set<std::string> names;
    const json document = json::parse(ended.out);
    for (const json& result : document["results"]) {
      names.insert(result["variant"]);
      for (const DartVariant& variant : dart_variants()) {
        if (variant.name != result["variant"].get<std::string>()) continue;
        EXPECT_EQ(result["facts"]["generator"], variant.generator);
        EXPECT_EQ(result["facts"]["precision"], variant.precision);
      }
      EXPECT_EQ(result["simd"], document["context"]["simd"]);
    }
    return names;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(variants({}), Names{"simd"});
  EXPECT_EQ(variants({"--generator", "ars"}), Names{"ars"});
  EXPECT_EQ(variants({"--precision", "53"}), Names{"philox53"});
  EXPECT_EQ(variants({"--generator", "philox,ars", "--precision", "32,53"}),
            (Names{"simd", "ars", "philox53", "ars53"}));
  EXPECT_EQ(variants({"--generator", "ars", "--precision", "53"}), Names{"ars53"});
  EXPECT_EQ(variants({"--generator", "ars", "--variant", "scalar,simd"}),
            (Names{"ars", "ars_scalar"}));
  EXPECT_EQ(variants({"--generator", "mt19937_64"}), Names{"mt19937_64"});
}

TEST(Run, HoldsKernelsAgainstPeersOnTheSameTask) {
  const Ended ended = run_parlab({"run", "peers", "--task", "list_B,is_prime", "--peer",
                                  "C++,primesieve,FLINT", "--rounds", "2", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::map<std::string, std::set<json>> answers;
  const json document = json::parse(ended.out);
  for (const json& result : document["results"]) {
    answers[result["parameters"]["task"]].insert(result["answer"]);
    EXPECT_EQ(result["variant"] == "parlab", result["facts"]["part"] == "own");
    EXPECT_EQ(result["role"] == "arm", result["facts"]["part"] != "own");
    EXPECT_NE(result["facts"]["library"], "");
  }
  EXPECT_EQ(answers.size(), 2u);
  for (const auto& [task, same] : answers) EXPECT_EQ(same.size(), 1u) << task;
}

/// By trial division a long range takes hours that the sieve does in seconds.
TEST(Run, SievesARangeByDefaultAndTriesDivisorsInTheBooks) {
  const auto algorithms = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "primes"});
    words.insert(words.end(), {"--backend", "processes", "--workers", "2", "--rounds", "1",
                               "--json", "-", "--quiet"});
    const Ended ended = run_parlab(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    const json document = json::parse(ended.out);
    std::set<std::string> all;
    for (const json& result : document["results"])
      all.insert(result["algorithm"].get<std::string>());
    return all;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(algorithms({"--to", "1e9"}), Names{"sieve"});
  EXPECT_EQ(algorithms({"--from", "1e12", "--to", "1000000100000"}), Names{"sieve"});
  EXPECT_EQ(algorithms({"--range", "B"}), Names{"trial"});
  EXPECT_EQ(algorithms({"--to", "1e4", "--feed", "queue"}), Names{"trial"});
  EXPECT_EQ(algorithms({"--to", "1e4", "--algorithm", "trial,batch"}), (Names{"trial", "batch"}));
}

TEST(Run, SweepsTheEndOfARange) {
  const Ended ended = run_parlab({"run", "primes", "--from", "0", "--to", "1e4,1e5,1e6",
                                  "--algorithm", "sieve", "--backend", "threads", "--workers", "2",
                                  "--rounds", "2", "--json", "-", "--quiet"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = json::parse(ended.out);
  EXPECT_EQ(document["models"].size(), 2u);
  for (const json& result : document["results"])
    EXPECT_EQ(result["answer"], result["size"] == 10000    ? 1229
                                : result["size"] == 100000 ? 9592
                                                           : 78498);
}

TEST(Run, VerifiesNumbersOfEveryKind) {
  const Ended ended = run_parlab({"run", "verify_prime", "--number",
                                  "0,1,2,3,4,5,9,49,4294967291,18446744073709551615", "--algorithm",
                                  "wheel,vector,bpsw", "--backend", "serial,processes", "--workers",
                                  "2", "--rounds", "1", "--json", "-", "--quiet"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = json::parse(ended.out);
  for (const json& result : document["results"]) {
    const std::uint64_t number = result["parameters"]["number"];
    const bool prime = number == 2 || number == 3 || number == 5 || number == 4294967291;
    EXPECT_EQ(result["answer"], number < 2 ? "neither prime nor composite"
                                : prime    ? "prime"
                                           : "composite");
  }
}

}  // namespace
}  // namespace parlab
