#pragma once

// Runs with --checkpoint, as users make them, and what is done to them.

#include <string>
#include <vector>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {

using Words = std::vector<std::string>;

/// A run of about a second, of which nothing is known beforehand but its words.
struct LongRunCase {
  const char* name;
  Words words;  // as after `parlab run`, without the backend
  bool writes_to_memory = false;
};

inline const std::vector<LongRunCase> long_run_cases = {
    {"pi", {"pi", "--darts", "3e8", "--seed", "5"}},
    {"primes", {"primes", "--to", "3e9", "--algorithm", "sieve", "--grain", "1e6"}},
    {"shuffled", {"primes", "--range", "C", "--algorithm", "trial", "--order", "shuffled"}},
    {"find_any", {"verify_prime", "--number", "prime1", "--algorithm", "naive", "--grain", "1e5"}},
    {"find_first",
     {"verify_prime", "--number", "nonprime2", "--algorithm", "wheel", "--find", "first", "--grain",
      "1e5"}},
    {"julia", {"julia", "--side", "3000"}},
    {"diffusion",
     {"diffusion", "--rows", "500", "--columns", "500", "--steps", "3000", "--variant", "simd"},
     true},
    {"own_sum", {"own", "--kernel", "sum.hpp", "--grain", "2000"}},
    {"own_arrays", {"own", "--kernel", "arrays.hpp", "--grain", "1000"}, true},
    {"own_search", {"own", "--kernel", "search.hpp", "--grain", "2000"}}};

/// The kernels of the cases.
void write_kernels(const std::filesystem::path& folder);

Words run_words(const Words& words, const std::string& backend, const std::string& file);

/// The folder of a test, and where kernels that are compiled are kept.
class LongRunFolder {
 public:
  LongRunFolder() { write_kernels(folder_.path()); }
  const std::filesystem::path& path() const { return folder_.path(); }
  Surroundings around() const;
  nlohmann::json status(const std::string& file) const;

 private:
  TemporaryFolder folder_;
};

/// The answer of a run in one go, on the serial backend.
nlohmann::json serial_answer(const LongRunCase& run);

}  // namespace parlab
