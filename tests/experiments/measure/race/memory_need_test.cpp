// A race that fits into no memory is refused before it begins.

#include "experiments/measure/race/memory_need.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernels/base/errors.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"
#include "tests/kernels/machine/made_up_machine.hpp"

namespace parlab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr double mebibyte = 1 << 20;

class Hungry : public MadeUpExperiment {
 public:
  explicit Hungry(double bytes) : bytes_(bytes) {}
  double memory_bytes(const Arm& arm) const override {
    return arm.executor.schedule == "dynamic" ? bytes_ : 0.25 * bytes_;
  }

 private:
  double bytes_;
};

/// What require_memory says of threads:static, threads:dynamic and serial, twice; "" for nothing.
std::string complaint(double bytes, Isolation isolation, const Machine& machine) {
  const Hungry experiment(bytes);
  const auto entrants =
      line_up(experiment, {.backends = parse_backends("threads:all"), .workers = {2}});
  EXPECT_EQ(entrants.size(), 4u);
  try {
    require_memory(experiment, entrants, isolation, machine);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

class MemoryNeed : public testing::Test {
 protected:
  made_up::MachineFolder made_;
};

TEST_F(MemoryNeed, IsOfAllArmsThatStandByAtOnce) {
  made_.file("proc/meminfo", "MemTotal: 4096 kB\nMemAvailable: 1024 kB\nSwapFree: 0 kB");
  const double free = mebibyte;
  EXPECT_EQ(complaint(free / 1.75, Isolation::standing, made_.machine()), "");
  EXPECT_NE(complaint(free / 1.7, Isolation::renewed, made_.machine()), "");
  EXPECT_THAT(complaint(free / 1.7, Isolation::standing, made_.machine()),
              AllOf(HasSubstr("the 4 arms need 1.03 MiB of memory together"),
                    HasSubstr("1 MiB are free"), HasSubstr("--isolation fresh")));
  EXPECT_EQ(complaint(free, Isolation::fresh, made_.machine()), "");
  for (const Isolation isolation : {Isolation::renewed, Isolation::standing, Isolation::fresh})
    EXPECT_THAT(complaint(1.5 * free, isolation, made_.machine()),
                AllOf(HasSubstr("'threads:dynamic x2' needs 1.5 MiB"), HasSubstr("ask for less")));
}

TEST_F(MemoryNeed, CountsSwapAndTheGroupsLimit) {
  made_.file("proc/meminfo", "MemAvailable: 1024 kB\nSwapFree: 1024 kB");
  EXPECT_EQ(complaint(2 * mebibyte, Isolation::fresh, made_.machine()), "");
  EXPECT_NE(complaint(2.1 * mebibyte, Isolation::fresh, made_.machine()), "");
  made_.file("proc/self/cgroup", "0::/group");
  made_.file("sys/fs/cgroup/group/memory.max", "max");
  EXPECT_EQ(complaint(2 * mebibyte, Isolation::fresh, made_.machine()), "");
  made_.file("sys/fs/cgroup/group/memory.max", "524288");
  EXPECT_NE(complaint(mebibyte, Isolation::fresh, made_.machine()), "");
  EXPECT_EQ(complaint(mebibyte / 2, Isolation::fresh, made_.machine()), "");
}

TEST_F(MemoryNeed, IsNotJudgedWhereTheMachineDoesNotTell) {
  EXPECT_EQ(complaint(1e30, Isolation::standing, made_.machine()), "");
}

}  // namespace
}  // namespace parlab
