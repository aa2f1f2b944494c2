#pragma once

// Times with a known truth, as shared machines give them: small jitter on both sides, now and then
// a preemption that only ever slows, and a drift that hits all arms of a round alike.

#include <cmath>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

namespace parlab::made_up {

struct Noise {
  double jitter = 0.01;           // standard deviation of ln t
  double preempted = 0.1;         // share of runs that lose the core
  double preemption_mean = 0.25;  // of the exponential that is then added to ln t
  double drift_a_round = 0.01;    // step of the random walk that the whole round shares
  double neighbour = 0;           // correlation of the jitter of one round with the next (AR(1))
  double second_mode = 0;         // added to ln t in half of the runs
  double process_bias = 0;        // standard deviation of what a process adds to ln t in all rounds
  std::size_t rounds_a_process = 1'000'000;
  double drift_kept = 1;  // of the shared drift from one round to the next: AR(1) below 1
};

/// A machine whose noise comes from one seed.
class NoisyMachine {
 public:
  explicit NoisyMachine(std::uint64_t seed) : random_(seed) {}

  /// ln t of one run whose truth is 0.
  double disturbance(const Noise& noise) {
    double ln_time = noise.jitter * normal_(random_);
    if (uniform_(random_) < noise.preempted) ln_time += noise.preemption_mean * wait_(random_);
    if (noise.second_mode != 0 && uniform_(random_) < 0.5) ln_time += noise.second_mode;
    return ln_time;
  }

  /// seconds[arm][round] of arms that take exp(ln_seconds[arm]) seconds without noise.
  std::vector<std::vector<double>> race(const std::vector<double>& ln_seconds,
                                        const std::vector<Noise>& noise, std::size_t rounds) {
    std::vector<std::vector<double>> seconds(ln_seconds.size());
    std::vector<double> jitter(ln_seconds.size(), 0);
    std::vector<double> bias(ln_seconds.size(), 0);
    double drift = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      drift = noise.front().drift_kept * drift + noise.front().drift_a_round * normal_(random_);
      for (std::size_t arm = 0; arm < ln_seconds.size(); ++arm) {
        // A series that starts in its stationary state, so that no round is quieter than another.
        const double kept = round == 0 ? 0 : noise[arm].neighbour;
        jitter[arm] = kept * jitter[arm] + std::sqrt(1 - kept * kept) * disturbance(noise[arm]);
        if (noise[arm].process_bias != 0 && round % noise[arm].rounds_a_process == 0)
          bias[arm] = noise[arm].process_bias * normal_(random_);
        seconds[arm].push_back(std::exp(ln_seconds[arm] + drift + bias[arm] + jitter[arm]));
      }
    }
    return seconds;
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  std::exponential_distribution<double> wait_;
};

}  // namespace parlab::made_up
