#include "experiments/doctor/process_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "experiments/measure/verdicts/statistics.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// A clock that is coarser or costlier than this shows in runs of a tenth of a millisecond.
constexpr double coarse_clock = 1e-6;

/// The slowest hundredth may take this much more than the median.
constexpr double quiet_jitter = 1.10;

/// A sample is long against a timer interrupt (some microseconds) and short against a time slice.
constexpr double sample_seconds = 250e-6;

/// Work whose time depends on nothing but the core's clock: registers only, each step on the last.
std::uint64_t spin(std::uint64_t state, std::uint64_t steps) {
  for (std::uint64_t step = 0; step < steps; ++step) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  return state;
}

double seconds_since(Clock::time_point start) { return Seconds(Clock::now() - start).count(); }

std::string duration_text(double seconds) {
  return seconds < 1e-3 ? fmt::format("{:.3g} us", 1e6 * seconds)
                        : fmt::format("{:.3g} ms", 1e3 * seconds);
}

}  // namespace

Finding check_environment(const std::map<std::string, std::string>& variables) {
  constexpr char check[] = "environment";
  std::string found;
  std::string cure = "unset";
  for (const auto& [name, value] : variables) {
    if (name.starts_with("PARLAB_")) continue;  // ours: they do what they were set for
    found += fmt::format("{}{}={}", found.empty() ? "" : ", ", name, value);
    cure += " " + name;
  }
  if (found.empty()) return Finding::ok(check, "nothing set that changes workers or waiting");
  return Finding::warning(check, found, cure);
}

Finding check_openmp_binding(const std::map<std::string, std::string>& binding) {
  constexpr char check[] = "OpenMP binding";
  if (binding.empty()) return Finding::ok(check, "no thread is bound to a processor");
  std::string found, names;
  for (const auto& [name, value] : binding) {
    found += fmt::format("{}{}={}", found.empty() ? "" : ", ", name, value);
    names += " " + name;
  }
  return Finding::warning(
      check, found + ": binds the threads of openmp, and those of no other backend",
      fmt::format(
          "unset{}, or expect openmp's threads to stay on their processors while others move",
          names));
}

Finding check_simd(const std::string& level, const std::string& best, bool forced) {
  constexpr char check[] = "SIMD level";
  if (!forced) return Finding::ok(check, level);
  return Finding::warning(check, fmt::format("{} by PARLAB_SIMD; the best here is {}", level, best),
                          "unset PARLAB_SIMD");
}

Finding check_build(std::string_view build_type, std::string_view flags) {
  constexpr char check[] = "build";
  constexpr char cure[] = "cmake --preset release && cmake --build build";
  const bool sanitized = flags.find("-fsanitize=") != std::string_view::npos;
  const std::string found = fmt::format("{}{}", build_type, sanitized ? ", with sanitizers" : "");
  if (build_type == "Release" && !sanitized) return Finding::ok(check, found);
  return Finding::warning(check, found, cure);
}

ClockFacts measure_clock() {
  constexpr int readings = 100'000;  // some milliseconds
  double step = std::numeric_limits<double>::infinity();
  const auto start = Clock::now();
  auto last = start;
  for (int i = 0; i < readings; ++i) {
    const auto now = Clock::now();
    if (now != last) step = std::min(step, Seconds(now - last).count());
    last = now;
  }
  return {step, Seconds(last - start).count() / readings};
}

Finding check_clock(const ClockFacts& clock) {
  constexpr char check[] = "steady_clock";
  const std::string found =
      fmt::format("steps of {}, a reading costs {}", duration_text(clock.step_seconds),
                  duration_text(clock.reading_seconds));
  if (clock.step_seconds <= coarse_clock && clock.reading_seconds <= coarse_clock)
    return Finding::ok(check, found);
  return Finding::warning(check, found,
                          "Time runs of a millisecond or more; see the clock source above.");
}

JitterFacts measure_jitter(std::chrono::nanoseconds length) {
  volatile std::uint64_t sink = 88172645463325252u;
  // How many steps fill a sample: the fastest of a few tries, which no interruption hit.
  constexpr std::uint64_t trial_steps = 10'000;
  double trial = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 20; ++i) {
    const auto start = Clock::now();
    sink = spin(sink, trial_steps);
    trial = std::min(trial, seconds_since(start));
  }
  const auto steps = static_cast<std::uint64_t>(trial_steps * sample_seconds / trial);

  std::vector<double> samples;
  const auto start = Clock::now();
  do {
    const auto sample_start = Clock::now();
    sink = spin(sink, steps);
    samples.push_back(seconds_since(sample_start));
  } while (Clock::now() - start < length);
  std::sort(samples.begin(), samples.end());
  return {median(samples), samples[samples.size() * 99 / 100], static_cast<int>(samples.size())};
}

Finding check_jitter(const JitterFacts& jitter) {
  constexpr char check[] = "timer jitter";
  const double ratio = jitter.p99_seconds / jitter.median_seconds;
  const std::string found = fmt::format(
      "of {} equal pieces the median took {}, the slowest "
      "hundredth {} ({:.2f}x)",
      jitter.samples, duration_text(jitter.median_seconds), duration_text(jitter.p99_seconds),
      ratio);
  if (ratio <= quiet_jitter) return Finding::ok(check, found);
  return Finding::warning(check, found,
                          "Stop what else runs (`top -o %CPU`), or take more rounds: --rounds 31");
}

}  // namespace parlab
