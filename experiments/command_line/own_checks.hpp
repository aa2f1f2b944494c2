#pragma once

// Checks of `parlab doctor` that concern this process: how it was built and started, and what its
// clock and its core do while it runs.

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "experiments/command_line/finding.hpp"

namespace parlab {

/// `variables` as relevant_environment() gives them.
Finding check_environment(const std::map<std::string, std::string>& variables);

/// `binding` as heeded_openmp_binding() gives it.
Finding check_openmp_binding(const std::map<std::string, std::string>& binding);

/// The level that kernels run at, and the best that they could; `forced` by PARLAB_SIMD.
Finding check_simd(const std::string& level, const std::string& best, bool forced);

Finding check_build(std::string_view build_type, std::string_view flags);

/// What std::chrono::steady_clock does here.
struct ClockFacts {
  double step_seconds;     // smallest difference between two readings that differ
  double reading_seconds;  // one reading
};
ClockFacts measure_clock();
Finding check_clock(const ClockFacts& clock);

/// Times of the same piece of work, again and again: what is not the median is the machine's doing.
struct JitterFacts {
  double median_seconds;
  double p99_seconds;
  int samples;
};
JitterFacts measure_jitter(std::chrono::nanoseconds length);
Finding check_jitter(const JitterFacts& jitter);

}  // namespace parlab
