#include "experiments/measure/scaling/scaling_fits.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using made_up::NoisyMachine;

// Symmetric noise: the truth that an interval must cover is then the law itself.
const Noise symmetric{.preempted = 0, .drift_a_round = 0.02};
const Noise silent{.jitter = 0, .preempted = 0, .drift_a_round = 0};

double usl_seconds(double sigma, double kappa, int p) {
  return (1 + sigma * (p - 1) + kappa * p * (p - 1)) / p;
}
/// The same with the coherence of a serial fraction: none.
double amdahl_seconds(double f, int p) { return usl_seconds(f, 0, p); }

template <class Seconds>
ScalingTimes times_of(const std::vector<int>& workers, const Seconds& seconds, const Noise& noise,
                      std::size_t rounds, std::uint64_t seed) {
  std::vector<double> ln_seconds{std::log(seconds(1))};
  for (const int p : workers) ln_seconds.push_back(std::log(seconds(p)));
  auto raced =
      NoisyMachine(seed).race(ln_seconds, std::vector<Noise>(ln_seconds.size(), noise), rounds);
  return {workers, {raced.begin() + 1, raced.end()}, raced.front()};
}

TEST(ScalingFits, FindTheLawThatHasNoNoise) {
  for (const double f : {0.0, 0.01, 0.25, 1.0}) {
    const auto times = times_of(
        {2, 4, 8}, [&](int p) { return amdahl_seconds(f, p); }, silent, 9, 1);
    const ScalingFits fits = fit_scaling(times, 8);
    ASSERT_TRUE(fits.serial_fraction.value) << f;
    EXPECT_NEAR(fits.serial_fraction.value->median, f, 1e-12);
    ASSERT_TRUE(fits.contention.value && fits.coherence.value) << f;
    EXPECT_NEAR(fits.contention.value->median, f, 1e-12);
    EXPECT_NEAR(fits.coherence.value->median, 0, 1e-12);
    for (const int p : {2, 4, 8})
      EXPECT_NEAR(karp_flatt(1 / amdahl_seconds(f, p), p), f, 1e-12) << p;
  }
  const auto times = times_of(
      {2, 3, 5, 16}, [](int p) { return usl_seconds(0.05, 0.003, p); }, silent, 7, 1);
  const ScalingFits fits = fit_scaling(times, 16);
  EXPECT_NEAR(fits.contention.value->median, 0.05, 1e-12);
  EXPECT_NEAR(fits.coherence.value->median, 0.003, 1e-12);
}

TEST(ScalingFits, IntervalsCoverTheTruth) {
  constexpr int races = 300;
  int serial = 0, contention = 0, coherence = 0;
  for (int seed = 0; seed < races; ++seed) {
    const auto amdahl = times_of(
        {2, 4, 8}, [](int p) { return amdahl_seconds(0.1, p); }, symmetric, 15,
        static_cast<std::uint64_t>(seed));
    const auto usl = times_of(
        {2, 4, 8}, [](int p) { return usl_seconds(0.1, 0.01, p); }, symmetric, 15,
        static_cast<std::uint64_t>(seed));
    const auto covers = [](const Fitted& fit, double truth) {
      return fit.value && fit.value->interval.low <= truth && truth <= fit.value->interval.high;
    };
    serial += covers(fit_scaling(amdahl, 8).serial_fraction, 0.1);
    const ScalingFits fits = fit_scaling(usl, 8);
    contention += covers(fits.contention, 0.1);
    coherence += covers(fits.coherence, 0.01);
  }
  // Of 95 %: a bootstrap over 15 rounds is known to fall some percent short.
  for (const int covered : {serial, contention, coherence}) EXPECT_GE(covered, races * 88 / 100);
}

TEST(ScalingFits, RoundsOfOneProcessAreDrawnTogether) {
  Noise biased = symmetric;
  biased.process_bias = 0.03;
  biased.rounds_a_process = 2;
  const auto width = [](const ScalingFits& fits) {
    return fits.serial_fraction.value->interval.high - fits.serial_fraction.value->interval.low;
  };
  int wider = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto times = times_of(
        {2, 4}, [](int p) { return amdahl_seconds(0.2, p); }, biased, 40, seed);
    const double alone = width(fit_scaling(times, 4));
    times.block = 2;
    wider += width(fit_scaling(times, 4)) > alone;
  }
  EXPECT_GE(wider, 80);
}

TEST(ScalingFits, OneNumberOfWorkersTellsOneParameter) {
  const auto times = times_of(
      {2}, [](int p) { return amdahl_seconds(0.1, p); }, symmetric, 11, 1);
  const ScalingFits fits = fit_scaling(times, 2);
  EXPECT_EQ(fits.points, 1);
  EXPECT_TRUE(fits.serial_fraction.value);
  EXPECT_FALSE(fits.contention.value || fits.coherence.value);
  EXPECT_NE(fits.contention.why.find("too few for 2 parameters"), std::string::npos);
}

TEST(ScalingFits, WorkersBeyondTheCoresTellNothing) {
  // Oversubscribed, a run takes as long as on all cores: which looks like a serial part.
  const auto seconds = [](int p) { return amdahl_seconds(0.02, std::min(p, 4)); };
  const auto all = times_of({2, 4, 8, 16}, seconds, silent, 9, 1);
  const ScalingFits fits = fit_scaling(all, 4);
  EXPECT_EQ(fits.points, 2);
  EXPECT_EQ(fits.points_beyond, 2);
  EXPECT_NEAR(fits.serial_fraction.value->median, 0.02, 1e-12);
  const ScalingFits none = fit_scaling(all, 1);
  EXPECT_FALSE(none.serial_fraction.value);
  EXPECT_EQ(none.points, 0);
}

TEST(ScalingFits, TooFewRoundsOrTooMuchNoiseAreSaid) {
  const auto seconds = [](int p) { return amdahl_seconds(0.3, p); };
  const ScalingFits few = fit_scaling(times_of({2, 4}, seconds, symmetric, 6, 1), 4);
  EXPECT_FALSE(few.serial_fraction.value);
  EXPECT_EQ(few.serial_fraction.why, "too few rounds: 6 of 7 needed");
  Noise loud = symmetric;
  loud.jitter = 3;
  const ScalingFits noisy = fit_scaling(times_of({2, 4}, seconds, loud, 9, 1), 4);
  EXPECT_FALSE(noisy.coherence.value);
  EXPECT_NE(noisy.coherence.why.find("from no cost to no gain"), std::string::npos);
}

TEST(ScalingFits, TheSameTimesGiveTheSameBits) {
  const auto times = times_of(
      {2, 4, 8}, [](int p) { return usl_seconds(0.1, 0.01, p); }, symmetric, 21, 3);
  const ScalingFits a = fit_scaling(times, 8), b = fit_scaling(times, 8);
  EXPECT_EQ(a.coherence.value->interval.low, b.coherence.value->interval.low);
  EXPECT_EQ(a.serial_fraction.value->interval.high, b.serial_fraction.value->interval.high);
}

TEST(ScalingFits, SeriesThatDoNotFitTogetherAreRefused) {
  EXPECT_THROW(fit_scaling({{2}, {{1, 1}}, {1}}, 2), std::invalid_argument);
  EXPECT_THROW(fit_scaling({{2, 4}, {{1}}, {1}}, 2), std::invalid_argument);
  EXPECT_THROW(fit_scaling({{2}, {{0}}, {1}}, 2), std::invalid_argument);
  EXPECT_THROW(fit_scaling({{2}, {{1}}, {-1}}, 2), std::invalid_argument);
}

TEST(KarpFlatt, TakesTheIntervalOfTheSpeedUp) {
  Comparison speedup{};
  speedup.ratio = 1.6;
  speedup.interval = {1.5, 1.8};
  const Location fraction = karp_flatt(speedup, 2);
  EXPECT_NEAR(fraction.median, 0.25, 1e-12);
  EXPECT_NEAR(fraction.interval.low, 1 / 0.9 - 1, 1e-12);
  EXPECT_NEAR(fraction.interval.high, 1 / 0.75 - 1, 1e-12);
  speedup.interval = {0, INFINITY};
  EXPECT_EQ(karp_flatt(speedup, 2).interval.low, -INFINITY);
  EXPECT_EQ(karp_flatt(speedup, 2).interval.high, INFINITY);
}

TEST(Gustafson, IsTheSerialShareOfTheScaledRun) {
  // Half of the time of 4 workers is serial: of one worker's time for four times the work, 0.5 + 4 x 0.5.
  Comparison efficiency{};
  efficiency.ratio = 2.5 / 4;
  efficiency.interval = {0.5, 0.75};
  const Location share = gustafson(efficiency, 4);
  EXPECT_NEAR(share.median, 0.5, 1e-12);
  EXPECT_NEAR(share.interval.low, 1.0 / 3, 1e-12);
  EXPECT_NEAR(share.interval.high, 2.0 / 3, 1e-12);
}

}  // namespace
}  // namespace parlab
