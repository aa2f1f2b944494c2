#pragma once

// What tests of runs over other machines share: two of them, h1 and h2, and what is left there.

#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/experiments/command_line/hosts/network_hosts.hpp"
#include "tests/experiments/command_line/ranks/rank_checks.hpp"

namespace parlab {

using Words = std::vector<std::string>;

class HostRuns : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_ranks(); !why.empty()) GTEST_SKIP() << why;
    hosts_.emplace(Words{"h1", "h2"});
    if (!hosts_->why_not().empty()) GTEST_SKIP() << hosts_->why_not();
  }

  Ended run(const Words& words, const Words& variables = {}) {
    ParlabProgram program(with({"run"}, words), folder_.path(), hosts_->on_head(variables));
    Ended ended = program.wait();
    EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); }));
    expect_nothing_left();
    return ended;
  }

  void expect_nothing_left() {
    for (const char* host : {"h1", "h2"}) EXPECT_EQ(hosts_->leftovers(host), "") << host;
  }

  std::vector<pid_t> ranks_on(const std::string& host) {
    std::vector<pid_t> ranks = hosts_->processes(host);
    std::erase_if(ranks, [](pid_t process) { return !is_rank(process); });
    return ranks;
  }
  std::vector<pid_t> all_ranks() {
    std::vector<pid_t> ranks = ranks_on("h1");
    for (const pid_t rank : ranks_on("h2")) ranks.push_back(rank);
    return ranks;
  }

  TemporaryFolder folder_;
  std::optional<NetworkHosts> hosts_;
};

}  // namespace parlab
