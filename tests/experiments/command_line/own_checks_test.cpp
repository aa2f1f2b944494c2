#include "experiments/command_line/own_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlab {
namespace {

using ::testing::HasSubstr;

TEST(EnvironmentCheck, NamesWhatIsSetAndUnsetsIt) {
  EXPECT_EQ(check_environment({}).status, "ok");
  EXPECT_EQ(check_environment({{"PARLAB_X", "1"}}).status, "ok");
  const Finding set =
      check_environment({{"KMP_BLOCKTIME", "0"}, {"OMP_NUM_THREADS", "2"}, {"PARLAB_X", "1"}});
  EXPECT_EQ(set.status, "warning");
  EXPECT_EQ(set.found, "KMP_BLOCKTIME=0, OMP_NUM_THREADS=2");
  EXPECT_EQ(set.cure, "unset KMP_BLOCKTIME OMP_NUM_THREADS");
}

TEST(OpenMPBindingCheck, SaysWhomItBinds) {
  EXPECT_EQ(check_openmp_binding({}).status, "ok");
  const Finding set = check_openmp_binding({{"OMP_PLACES", "cores"}, {"OMP_PROC_BIND", "close"}});
  EXPECT_EQ(set.status, "warning");
  EXPECT_THAT(set.found,
              HasSubstr("OMP_PLACES=cores, OMP_PROC_BIND=close: binds the threads of openmp"));
  EXPECT_THAT(set.cure, HasSubstr("unset OMP_PLACES OMP_PROC_BIND"));
}

TEST(SimdCheck, WarnsOfAForcedLevel) {
  EXPECT_EQ(check_simd("AVX2", "AVX2", false).status, "ok");
  const Finding forced = check_simd("SSE4", "AVX2", true);
  EXPECT_EQ(forced.status, "warning");
  EXPECT_EQ(forced.found, "SSE4 by PARLAB_SIMD; the best here is AVX2");
}

TEST(BuildCheck, AcceptsOnlyAPlainRelease) {
  EXPECT_EQ(check_build("Release", "-O3 -DNDEBUG").status, "ok");
  EXPECT_EQ(check_build("Debug", "-g").status, "warning");
  EXPECT_EQ(check_build("RelWithDebInfo", "-O2 -g").status, "warning");
  const Finding sanitized = check_build("Release", "-O3 -fsanitize=thread");
  EXPECT_EQ(sanitized.status, "warning");
  EXPECT_EQ(sanitized.found, "Release, with sanitizers");
  EXPECT_THAT(sanitized.cure, HasSubstr("cmake --preset release"));
}

TEST(ClockCheck, WarnsOfCoarseAndOfCostlyClocks) {
  EXPECT_EQ(check_clock({1e-9, 25e-9}).status, "ok");
  EXPECT_EQ(check_clock({4e-3, 25e-9}).status, "warning");
  EXPECT_EQ(check_clock({1e-9, 2e-6}).status, "warning");
  EXPECT_EQ(check_clock({4e-3, 25e-9}).found, "steps of 4 ms, a reading costs 0.025 us");
}

TEST(ClockMeasurement, GivesAStepAndACost) {
  const ClockFacts clock = measure_clock();
  EXPECT_GT(clock.step_seconds, 0);
  EXPECT_LT(clock.step_seconds, 0.1);
  EXPECT_GT(clock.reading_seconds, 0);
}

TEST(JitterCheck, ComparesTheSlowestHundredthWithTheMedian) {
  EXPECT_EQ(check_jitter({250e-6, 270e-6, 2000}).status, "ok");
  const Finding noisy = check_jitter({250e-6, 500e-6, 2000});
  EXPECT_EQ(noisy.status, "warning");
  EXPECT_EQ(noisy.found,
            "of 2000 equal pieces the median took 250 us, the slowest hundredth 500 us (2.00x)");
}

TEST(JitterMeasurement, TakesAboutTheTimeItIsGiven) {
  const auto start = std::chrono::steady_clock::now();
  const JitterFacts jitter = measure_jitter(std::chrono::milliseconds(50));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
  EXPECT_GT(jitter.samples, 0);
  EXPECT_GT(jitter.median_seconds, 0);
  EXPECT_GE(jitter.p99_seconds, jitter.median_seconds);
}

}  // namespace
}  // namespace parlab
