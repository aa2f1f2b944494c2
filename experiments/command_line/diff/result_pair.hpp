#pragma once

// Two result files side by side.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "experiments/command_line/diff/file_result.hpp"
#include "experiments/measure/verdicts/ratio_of_ratios.hpp"

namespace parlab {

/// An arm that stands in both files.
struct ArmPair {
  const FileArm* first;
  const FileArm* second;
  const FileArm* reference = nullptr;  // in the first file; null: none stands in both
  std::string changes = {};            // in what they are not the same arm: "grain: 100, now 200"
  bool answers_differ = false;
  // Against the reference, each at half of alpha; and what they say together.
  std::optional<Comparison> in_first = {}, in_second = {};
  std::optional<RatioOfRatios> both = {};
};

struct ResultPair {
  FileResult first, second;
  std::vector<ArmPair> arms = {};                              // in both; they point into the two
  std::vector<std::string> only_first = {}, only_second = {};  // labels
  std::vector<std::string> changes = {};                       // of version, build and environment
  // Why a speed-up in one need not be that in the other; "" for one machine.
  std::string other_machine = {};

  bool answers_differ() const;
};

/// `reference`: the label of the arm that ratios are taken against; "" for the baselines. Throws
/// UsageError where it does not stand in both files, where they compare different figures, or have no
/// arm in common.
ResultPair pair_results(FileResult first, FileResult second, const std::string& reference,
                        double alpha = 0.05);

/// For people.
std::string pair_text(const ResultPair& pair);

/// Schema parlab/1-diff.
nlohmann::json pair_json(const ResultPair& pair);

}  // namespace parlab
