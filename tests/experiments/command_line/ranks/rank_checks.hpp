#pragma once

// What tests of arms on ranks share, here and on other machines.

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
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

/// Whether it runs as a rank.
inline bool is_rank(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/cmdline", std::ios::binary);
  std::string name, verb;
  std::getline(file, name, '\0');
  std::getline(file, verb, '\0');
  return verb == "rank";
}

/// So many processes that find() has given without a change for the time: neither some that begin nor
/// some that are about to end. None where it does not come to that within a minute and that time.
std::vector<pid_t> standing(const auto& find, std::size_t count, std::chrono::milliseconds time) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::minutes(1) + time;
  auto since = Clock::now();
  std::vector<pid_t> last;
  while (Clock::now() < deadline) {
    std::vector<pid_t> now = find();
    if (now != last || now.size() != count) since = Clock::now();
    if (Clock::now() - since >= time) return now;
    last = std::move(now);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return {};
}

}  // namespace parlab
