#pragma once

// An arm in a process of its own, which rests (SIGSTOP) while others are timed. Runtimes keep their
// threads spinning after a run: left running, they take a core from whoever is timed next.

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "experiments/base/experiment.hpp"
#include "experiments/base/race_interruption.hpp"
#include "kernels/base/deadline.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/child_process.hpp"

namespace parlab {

/// An arm that can no longer be timed: it died, hung, threw or could not be opened.
class ArmFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shortest timed stretch in seconds. A run below it is repeated within one sample: waking the
/// arm's threads costs some 50 us, which then is below a percent.
inline constexpr double least_sample_seconds = 0.01;

/// From so many runs a sample, one more goes before it: to wake threads takes some 0.1 ms, which is
/// much of a run, or 1 % of a sample of fewer and longer runs, which would be much longer by one more.
inline constexpr std::uint64_t repeats_that_wake = 5;

/// Single runs of a sample that are timed one by one, for its percentiles: beyond so many, every so
/// many-th of them, because reading the clock takes some 50 ns.
inline constexpr std::uint64_t max_timed_runs = 200;
/// Timed runs below which a sample has no such percentile.
inline constexpr std::uint64_t runs_for_p90 = 10;
inline constexpr std::uint64_t runs_for_p99 = 100;

/// After the answer of a run, how long the CPU time is counted that its runtime goes on taking.
inline constexpr std::chrono::milliseconds time_after{100};

/// What an arm's process does besides timing runs.
struct SampleRules {
  std::uint64_t min_runs = 1;              // in a sample, however long they take
  std::chrono::duration<double> pause{0};  // idle, then one more run; 0 for neither
};

struct Sample {
  double seconds;                // wall clock, one run
  double cpu_seconds;            // user and system, all threads and ended children, one run
  double context_switches;       // voluntary and not, one run
  std::uint64_t peak_rss_bytes;  // of the largest process so far
  Answer answer;
  std::optional<double> waited = std::nullopt;  // share of the time, for a processor; where known
  std::optional<double> stolen = std::nullopt;  // processors that the hypervisor kept, on average
  nlohmann::json metrics = nlohmann::json::object();  // the arm's own numbers, by name
  std::optional<double> cold_seconds = std::nullopt;  // first run of a process, in its first sample
  std::optional<double> pause_seconds = std::nullopt;      // the run after an idle pause
  std::optional<double> after_cpu_seconds = std::nullopt;  // CPU in the time_after that run
  std::optional<double> p90_seconds = std::nullopt;        // of the runs, timed one by one
  std::optional<double> p99_seconds = std::nullopt;
};

/// Another program that serves an arm.
struct ArmProgram {
  /// Puts it in the place of the child; it calls serve_arm() on the socket.
  std::function<void(int socket)> become = {};
  /// How long it may take to end by itself, once its socket is closed; 0: it is killed.
  std::chrono::seconds end_patience{0};
};

/// Its end is that of the arm and of whatever processes the arm has started.
class ArmProcess {
 public:
  using Open = std::function<OpenedArm()>;
  using Exec = ArmProgram;

  /// Forks; the child calls open(), then makes runs to warm up, the first of whose answers is
  /// first_answer(). Where `exec` is given, another program does so in its place, which is told
  /// known_repeats too. These are the runs in a sample, as an earlier process of the arm found them;
  /// 0 where there was none. `rules` are of every sample. Returns when the arm is ready and rests. Throws ArmFailed, also where
  /// no process can be made, or Interrupted.
  ArmProcess(const Open& open, std::chrono::duration<double> timeout,
             const InterruptionGuard& interruption, const Exec& exec = {},
             std::uint64_t known_repeats = 0, const SampleRules& rules = {});
  ArmProcess(const ArmProcess&) = delete;
  ArmProcess& operator=(const ArmProcess&) = delete;
  ~ArmProcess();

  const Answer& first_answer() const { return first_answer_; }
  std::uint64_t repeats() const { return repeats_; }

  /// Wakes the arm, takes one sample, lets it rest again. Throws ArmFailed, or Interrupted.
  Sample sample();

 private:
  nlohmann::json receive();
  void wait_for_packet(Deadline deadline) const;
  std::string how_it_ended();
  void rest();
  void end();

  std::chrono::duration<double> timeout_;
  const InterruptionGuard* interruption_;
  std::chrono::seconds end_patience_;
  FileDescriptor socket_;
  std::optional<ChildProcess> child_;
  Answer first_answer_;
  std::uint64_t repeats_ = 1;
  std::optional<double> cold_seconds_;  // until the first sample takes it
};

/// The arm's side of an ArmProcess: opens the arm, warms up, then takes a sample for each message on
/// the socket, until that is closed. known_repeats and rules: as of ArmProcess.
void serve_arm(int socket, const ArmProcess::Open& open, std::uint64_t known_repeats,
               const SampleRules& rules = {});

/// Calls work() in a process of its own, so that the caller stays free of its threads and can be
/// interrupted. Throws ArmFailed, or Interrupted.
Answer answer_of_process(const std::function<Answer()>& work, std::chrono::duration<double> timeout,
                         const InterruptionGuard& interruption);

}  // namespace parlab
