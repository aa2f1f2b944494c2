#pragma once

// What tests of arms on ranks share, here and on other machines.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/base/errors.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {

/// Why there can be no ranks here; "" where there can.
inline std::string why_no_ranks() {
  for (const MissingBackend& missing : missing_backends())
    if (missing.name == "mpi") return missing.why;
  try {
    find_mpirun();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

inline std::vector<std::string> with(std::vector<std::string> words,
                                     const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Arms on ranks have the answers of the arm on serial, and there are `ranks` of them.
inline void expect_bits_of_serial(const Ended& ended, int ranks = 2) {
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto document = nlohmann::json::parse(ended.out);
  nlohmann::json serial;
  for (const auto& result : document.at("results")) {
    EXPECT_TRUE(result.at("ok").get<bool>()) << result.at("label");
    if (result.at("backend") == "serial") serial = result.at("answer");
    if (!result.at("backend").get<std::string>().starts_with("mpi")) continue;
    --ranks;
    EXPECT_EQ(result.at("answer"), serial) << result.at("label");
  }
  EXPECT_EQ(ranks, 0);
}

}  // namespace parlab
