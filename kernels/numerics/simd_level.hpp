#pragma once

// Which SIMD instructions the kernels use. One binary holds them all; Highway chooses at the first
// call the best that the processor has.

#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// The level that the SIMD kernels run at now, by Highway's name: "AVX3_DL", "AVX2", "SSE4", ...
std::string simd_level();

/// The levels that this build holds and this processor has, best first. Never empty.
std::vector<std::string> supported_simd_levels();

/// Makes every SIMD kernel of this process run at `level`. For tests and measurements; not while a
/// kernel runs. Throws UsageError unless it is one of supported_simd_levels().
void force_simd_level(std::string_view level);

/// Back to the best level.
void unforce_simd_level();

}  // namespace parlab
