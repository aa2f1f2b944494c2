#pragma once

// What may stand in the place of the last word of a command line.

#include <string>
#include <vector>

namespace parlab {

struct Candidate {
  std::string word;
  std::string what;  // "" for none
};

/// For the words behind `parlab`, of which the last is the one to complete, perhaps empty. None where a
/// file's name may stand there, or nothing is known of it.
std::vector<Candidate> completion_candidates(const std::vector<std::string>& words);

}  // namespace parlab
