#pragma once

// Inputs for fuzzing: pieces of a corpus cut, joined, repeated and spoiled, by a generator with a seed.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace parlab {

class Mutation {
 public:
  /// `corpus`: whole inputs. `words`: what has a meaning in them.
  Mutation(std::vector<std::string> corpus, std::vector<std::string> words, std::uint64_t seed)
      : corpus_(std::move(corpus)), words_(std::move(words)), random_(seed) {}

  /// At most a few KiB.
  std::string next();
  /// Below `end`, or 0.
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

 private:
  void spoil(std::string& input);

  std::vector<std::string> corpus_, words_;
  std::mt19937_64 random_;
};

}  // namespace parlab
