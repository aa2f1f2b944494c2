// How often the statistics are right: thousands of made-up races whose truth is known.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "experiments/measure/verdicts/dependence.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using made_up::NoisyMachine;

using Times = std::vector<double>;

constexpr int series = 3000;  // simulated races behind a rate; its standard error is below 0.5 %

const Noise even;
const Noise preempted_more{.preempted = 0.3};

/// Says that two equal arms are not.
bool false_alarm(const Comparison& comparison) {
  return comparison.verdict == Verdict::faster || comparison.verdict == Verdict::slower ||
         comparison.verdict == Verdict::differs;
}

template <class Happens>
double rate(int times, const Happens& happens) {
  int count = 0;
  for (int i = 0; i < times; ++i) count += happens() ? 1 : 0;
  return static_cast<double>(count) / times;
}

/// As the only pair of a race.
Comparison judged(const Times& base, const Times& arm) {
  return compare(base, arm, {}, pooled_dependence({{paired_differences(base, arm)}}));
}

Comparison race_two(NoisyMachine& machine, double ln_speedup, const Noise& base, const Noise& arm,
                    std::size_t rounds) {
  const auto seconds = machine.race({0, -ln_speedup}, {base, arm}, rounds);
  return judged(seconds[0], seconds[1]);
}

/// The median of d where the arms' noise differs, from a million draws: what the interval is for.
double true_ratio(const Noise& base, const Noise& arm) {
  NoisyMachine machine(99);
  Times d(1'000'001);
  for (double& value : d) value = machine.disturbance(base) - machine.disturbance(arm);
  std::nth_element(d.begin(), d.begin() + 500'000, d.end());
  return std::exp(d[500'000]);
}

/// Whether `wrong` holds of a race at any of the looks of 7 to `rounds` rounds.
template <class Wrong>
bool at_any_look(NoisyMachine& machine, const Noise& base, const Noise& arm, int rounds,
                 const Wrong& wrong) {
  const auto seconds = machine.race({0, 0}, {base, arm}, static_cast<std::size_t>(rounds));
  const Times d = paired_differences(seconds[0], seconds[1]);
  for (int look = first_look; look <= rounds; look = next_look(look))
    if (wrong(judge_differences(std::span(d).first(static_cast<std::size_t>(look)), {})))
      return true;
  return false;
}

TEST(Coverage, OfTheNominal95PercentIntervalHoldsAtAllLooksTogetherOnSkewedNoise) {
  for (const Noise& arm : {even, preempted_more}) {
    const double truth = true_ratio(even, arm);
    NoisyMachine machine(11);
    const double misses = rate(series, [&] {
      return at_any_look(machine, even, arm, 69, [&](const Comparison& c) {
        return c.interval.low > truth || truth > c.interval.high;
      });
    });
    EXPECT_LE(misses, 0.05);
    EXPECT_GE(misses, 0.01) << "wider than looking at any time needs";
  }
}

TEST(Coverage, LeavesFewFalseAlarmsHoweverOftenOneLooks) {
  NoisyMachine machine(1011);
  for (const double jitter : {0.003, 0.01, 0.04}) {
    const Noise noise{.jitter = jitter};
    EXPECT_LE(rate(series, [&] { return at_any_look(machine, noise, noise, 69, false_alarm); }),
              0.05);
  }
}

TEST(Compare, FindsAnAdvantageOfTenPercent) {
  NoisyMachine machine(2);
  const Noise quiet{.jitter = 0.01, .preempted = 0.05};
  EXPECT_GT(rate(series,
                 [&] {
                   return race_two(machine, std::log(1.1), quiet, quiet, 21).verdict ==
                          Verdict::faster;
                 }),
            0.9);
  EXPECT_GT(rate(series,
                 [&] {
                   return race_two(machine, -std::log(1.1), quiet, quiet, 21).verdict ==
                          Verdict::slower;
                 }),
            0.9);
}

TEST(Compare, FindsEqualArmsEquivalent) {
  NoisyMachine machine(3);
  const Noise quiet{.jitter = 0.003, .preempted = 0.05};
  EXPECT_GT(
      rate(series,
           [&] { return race_two(machine, 0, quiet, quiet, 21).verdict == Verdict::equivalent; }),
      0.9);
}

TEST(Compare, SeldomCallsAnAdvantageAtTheMarginEquivalentOrFaster) {
  NoisyMachine machine(4);
  EXPECT_LE(rate(series,
                 [&] {
                   const Verdict verdict =
                       race_two(machine, std::log(1 + margin), even, even, 21).verdict;
                   return verdict == Verdict::equivalent || verdict == Verdict::faster;
                 }),
            0.05);
}

TEST(Blocks, ReduceFalseAlarmsWhereTheNoiseHasAMemory) {
  const Noise memory{.jitter = 0.05, .preempted = 0, .neighbour = 0.6};
  const Noise none{.jitter = 0, .preempted = 0};
  const auto rates = [&](std::size_t rounds) {
    NoisyMachine machine(rounds);
    int with = 0;
    int without = 0;
    for (int i = 0; i < series; ++i) {
      const auto seconds = machine.race({0, 0}, {memory, none}, rounds);
      with += false_alarm(judged(seconds[0], seconds[1])) ? 1 : 0;
      Times d;
      for (std::size_t round = 0; round < rounds; ++round)
        d.push_back(std::log(seconds[0][round] / seconds[1][round]));
      without += false_alarm(judge_differences(d, {})) ? 1 : 0;
    }
    return std::pair(static_cast<double>(with) / series, static_cast<double>(without) / series);
  };
  // At 21 rounds half of the races do not show their correlation: blocks help, and are no cure.
  const double few_with = rates(21).first;
  EXPECT_LE(few_with, 0.14);
  const double some_with = rates(31).first;
  EXPECT_LE(some_with, 0.10);
  const auto [many_with, many_without] = rates(63);
  EXPECT_LE(many_with, 0.7 * many_without);
}

TEST(Guard, SeldomWidensWhereThereIsNoBiasHoweverWildTheNoise) {
  NoisyMachine machine(9);
  for (const double jitter : {0.01, 0.15}) {
    const Noise noise{.jitter = jitter};
    EXPECT_LE(rate(series, [&] { return guard_of(race_two(machine, 0, noise, noise, 21)) > 0; }),
              0.02);
  }
}

TEST(Guard, KeepsABiasThatAllArmsMayHaveFromBecomingAVerdict) {
  // The second run of the baseline, and an arm that is as fast, each with a bias of its process.
  const auto wrong_rows = [](bool guarded) {
    NoisyMachine machine(10);
    const Noise noise{.jitter = 0.01, .preempted = 0};
    std::mt19937_64 random(3);
    std::normal_distribution<double> bias(0, 0.03);
    return rate(series, [&] {
      const auto seconds =
          machine.race({0, bias(random), bias(random)}, std::vector<Noise>(3, noise), 21);
      const double guard = guarded ? guard_of(compare(seconds[0], seconds[1])) : 0;
      const Verdict verdict = compare(seconds[0], seconds[2], {.guard = guard}).verdict;
      return verdict == Verdict::faster || verdict == Verdict::slower;
    });
  };
  EXPECT_GT(wrong_rows(false), 0.12);
  EXPECT_LT(wrong_rows(true), 0.75 * wrong_rows(false)) << "one pair does not show every bias";
}

}  // namespace
}  // namespace parlab
