// The whole rule against a made-up truth: rounds of a baseline, of its second run and of an arm; at
// each look the guard of the first two, and the arm's interval widened by it; a race that stops at
// its first verdict.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <ostream>
#include <span>
#include <vector>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/measure/verdicts/dependence.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using made_up::NoisyMachine;

constexpr int races = 2000;

/// Shares of races. Those that never stop count in `missed` only.
struct Rates {
  double wrong = 0;    // the first verdict, at which the race stops, is not true
  double decided = 0;  // had a verdict by the last look
  double missed = 0;   // the interval missed the truth at one of the looks, or more
};

/// Whether a verdict contradicts the logarithm of the true speed-up.
bool is_wrong(Verdict verdict, double ln_truth) {
  const double edge = std::log1p(margin);
  if (verdict == Verdict::faster) return ln_truth <= edge;
  if (verdict == Verdict::slower) return ln_truth >= -edge;
  return verdict == Verdict::equivalent && std::abs(ln_truth) >= edge;
}

bool is_final(Verdict verdict) {
  return verdict == Verdict::faster || verdict == Verdict::slower || verdict == Verdict::equivalent;
}

Rates rates_of(const Noise& noise, double ln_truth, bool guarded = true) {
  NoisyMachine machine(77);
  Rates rates;
  for (int i = 0; i < races; ++i) {
    const auto seconds = machine.race({0, 0, -ln_truth}, {noise, noise, noise}, last_look);
    bool missed = false;
    bool stopped = false;
    for (int look = first_look; look <= last_look; look = next_look(look)) {
      const auto until = [&](std::size_t arm) {
        return std::span(seconds[arm]).first(static_cast<std::size_t>(look));
      };
      const double dependence = pooled_dependence(
          {{paired_differences(until(0), until(1)), paired_differences(until(0), until(2))}});
      const double guard = guarded ? guard_of(compare(until(0), until(1), {}, dependence)) : 0;
      const Comparison found = compare(until(0), until(2), {.guard = guard}, dependence);
      const double truth = std::exp(ln_truth);
      missed = missed || found.interval.low > truth || found.interval.high < truth;
      if (stopped || !is_final(found.verdict)) continue;
      stopped = true;
      rates.decided += 1.0 / races;
      if (is_wrong(found.verdict, ln_truth)) rates.wrong += 1.0 / races;
    }
    if (missed) rates.missed += 1.0 / races;
  }
  return rates;
}

/// Equal; better by less than what is worth a choice; by a little more; by much.
constexpr std::array<double, 4> truths = {0, 0.01, 0.05, 0.2};

struct Named {
  const char* name;
  Noise noise;
  double max_missed;
};
void PrintTo(const Named& named, std::ostream* out) { *out << named.name; }

class Truth : public testing::TestWithParam<Named> {
 protected:
  /// For truth_table.py: per cent of races.
  static void record(double truth, const Rates& rates) {
    RecordProperty(fmt::format("truth_{:g}", truth),
                   fmt::format("{:.2f} {:.2f} {:.2f}", 100 * rates.wrong, 100 * rates.missed,
                               100 * rates.decided));
  }
};

TEST_P(Truth, IsSeldomContradictedAndSeldomMissedAtAnyLook) {
  for (const double truth : truths) {
    const Rates rates = rates_of(GetParam().noise, truth);
    record(truth, rates);
    EXPECT_LE(rates.wrong, 0.005) << truth;
    EXPECT_LE(rates.missed, GetParam().max_missed) << truth;
    if (truth == 0.2) {
      EXPECT_GE(rates.decided, 0.95) << "says too little";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Under, Truth,
    testing::Values(
        Named{"skewed", {}, 0.05}, Named{"skewed_and_wide", {.jitter = 0.04}, 0.05},
        Named{"spiking", {.preempted = 0.1, .preemption_mean = 1}, 0.05},
        Named{"bimodal", {.preempted = 0.05, .second_mode = 0.2}, 0.05},
        // A machine that is slow for minutes: what all arms of a round share cancels.
        Named{"machine_with_memory", {.drift_a_round = 0.05, .drift_kept = 0.98}, 0.05},
        // An arm's noise that remembers its last round. Blocks come once the memory shows, which at
        // early looks it often does not: intervals miss more often than 5 %, but seldom by so much
        // that a verdict is wrong.
        Named{"arm_with_memory", {.jitter = 0.03, .preempted = 0, .neighbour = 0.3}, 0.09},
        Named{"processes_made_anew",
              {.preempted = 0.05, .process_bias = 0.008, .rounds_a_process = 2},
              0.05},
        Named{"processes_made_anew_that_differ_much",
              {.preempted = 0.05, .process_bias = 0.02, .rounds_a_process = 2},
              0.1}),
    [](const auto& info) { return info.param.name; });

TEST(TruthAtTheMargin, IsNotMissedMoreOftenThanIntervalsMay) {
  // The hardest truth: half a verdict more or less is wrong.
  const double edge = std::log1p(margin);
  EXPECT_LE(rates_of({}, edge).wrong, 0.05);
  EXPECT_LE(rates_of({.preempted = 0.05, .second_mode = 0.2}, edge).wrong, 0.05);
}

TEST(StandingProcesses, MakeMoreRoundsANarrowerIntervalAroundAWrongValue) {
  const Noise standing{.preempted = 0.05, .process_bias = 0.02};
  Noise renewed = standing;
  renewed.rounds_a_process = 2;
  const Rates stands = rates_of(standing, 0);
  EXPECT_GE(stands.wrong, 0.05);
  EXPECT_GE(stands.missed, 0.4);
  EXPECT_LE(rates_of(renewed, 0).wrong, 0.005);
  // The guard knows one bias, the second baseline's, of two: it helps, and is no cure.
  EXPECT_LE(stands.wrong, 0.8 * rates_of(standing, 0, false).wrong);
}

}  // namespace
}  // namespace parlab
