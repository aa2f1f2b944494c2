// A run with --checkpoint over other machines, one of which is lost on the way: what was finished stays, and
// the run goes on over whichever machines there are, to the bits of one that nobody disturbed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <functional>

#include "tests/experiments/command_line/hosts/host_runs.hpp"
#include "tests/experiments/command_line/long_runs/long_runs.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;

/// What is lost, by what it is called, and the hosts that there are afterwards.
struct Loss {
  const char* name;
  std::function<void(NetworkHosts&, const ParlabProgram&, const std::vector<pid_t>&)> lose;
  std::array<const char*, 2> hosts_after;
  const char* told;  // "" where the program itself is killed
};

const std::vector<Loss> losses = {
    {"machine",
     [](auto& hosts, const auto&, const auto&) { hosts.kill("h2"); },
     {"h1:1", "h1:2"},
     "on h2: ended|host h2 was lost"},
    {"link",
     [](auto& hosts, const auto&, const auto&) { hosts.cut("h2"); },
     {"h1:1", "h1:2"},
     "host h2 was lost.*: it no longer answers"},
    {"rank",
     [](auto&, const auto&, const auto& ranks) {
       if (!ranks.empty()) kill(ranks.back(), SIGKILL);
     },
     {"h2:2,h1:1", "h1:1,h2:1"},
     "rank 1 on h2: ended"},
    {"program",
     [](auto&, const auto& program, const auto&) { program.signal(SIGKILL); },
     {"h2:1", "h1:2,h2:3"},
     ""}};

class LostOnTheWay : public HostRuns, public testing::WithParamInterface<Loss> {
 protected:
  /// The answer after a loss over h1 and h2, and a Ctrl-C over the first hosts that are left.
  json answer_of(const Words& run, const std::string& schedule) {
    write_kernels(folder_.path());
    run_ = run_words(run, "mpi:" + schedule, "c");
    run_.resize(run_.size() - 2);  // --workers 2: as many as the hosts have slots
    const Loss& loss = GetParam();
    const auto lost_on_h2 = [&](const ParlabProgram& program) {
      loss.lose(*hosts_, program, ranks_on("h2"));
    };
    const Ended lost = ended_over("h1:1,h2:1", lost_on_h2);
    if (*loss.told == '\0') {
      EXPECT_EQ(lost.code, 128 + SIGKILL) << lost.err;
    } else {
      EXPECT_EQ(lost.code, 1);
      EXPECT_THAT(lost.err, ContainsRegex(loss.told));
      EXPECT_THAT(lost.err, HasSubstr("the same command goes on from there"));
    }
    const Ended stopped = ended_over(loss.hosts_after[0],
                                     [](const ParlabProgram& program) { program.signal(SIGINT); });
    EXPECT_EQ(stopped.code, 128 + SIGINT) << stopped.err;
    const Ended ended = ended_over(loss.hosts_after[1], nullptr);
    EXPECT_EQ(ended.code, 0) << ended.err;
    if (ended.code != 0) return nullptr;
    const json document = json::parse(ended.out);
    EXPECT_EQ(document.at("runs"), 3);
    return document.at("answer");
  }

 private:
  /// Of a run that is disturbed as soon as it has got further; to its end without.
  Ended ended_over(const std::string& hosts,
                   const std::function<void(const ParlabProgram&)>& disturb) {
    const std::uint64_t before = done();
    ParlabProgram program(with(run_, {"--hosts", hosts, "--json", "-"}), folder_.path(),
                          hosts_->on_head({cache()}));
    if (disturb) {
      EXPECT_TRUE(becomes_true([&] { return done() > before; }));
      disturb(program);
    }
    Ended ended = program.wait();
    EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); }));
    EXPECT_EQ(hosts_->leftovers("h1"), "");
    // A machine without power keeps its files.
    if (std::string(GetParam().name) != "machine") {
      EXPECT_EQ(hosts_->leftovers("h2"), "");
    }
    if (disturb) {
      EXPECT_EQ(json::parse(status().out).at("state"), "stopped") << ended.err;
    }
    return ended;
  }

  std::string cache() const { return "XDG_CACHE_HOME=" + (folder_.path() / "cache").string(); }
  Ended status() const { return run_parlab({"status", "c", "--json", "-"}, folder_.path()); }
  std::uint64_t done() const {
    const Ended told = status();
    return told.code == 0 ? json::parse(told.out).at("done").get<std::uint64_t>() : 0;
  }

  Words run_;
};

TEST_P(LostOnTheWay, GoesOnToTheNumberOfPrimes) {
  const Words run = {"primes",      "--from", "0",       "--to", "1e10",
                     "--algorithm", "sieve",  "--grain", "1e6"};
  EXPECT_EQ(answer_of(run, "static"), 455052511);
}

TEST_P(LostOnTheWay, GoesOnToTheBitsOfASum) {
  // Seconds of work: what is disturbed has not ended.
  const LongRunCase run = {"own_sum",
                           {"own", "--kernel", "sum.hpp", "--size", "5e7", "--grain", "20000"}};
  EXPECT_EQ(answer_of(run.words, "dynamic"), serial_answer(run));
}

INSTANTIATE_TEST_SUITE_P(Losses, LostOnTheWay, testing::ValuesIn(losses),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace parlab
