#pragma once

// Which SIMD instructions the kernels use. One binary holds them all; Highway chooses at the first
// call the best that the processor has, unless the variable PARLAB_SIMD names a lower one: to see
// what a level is worth, or to have the one that another machine would take.

#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// The level that the SIMD kernels run at now, by Highway's name: "AVX3_DL", "AVX2", "SSE4", ...
std::string simd_level();

/// The levels that this build holds and this processor has, best first. Never empty.
std::vector<std::string> supported_simd_levels();

/// The variable that names a level: PARLAB_SIMD.
inline constexpr char simd_variable[] = "PARLAB_SIMD";

/// The one of supported_simd_levels() that a name stands for, in any case: "avx512" is "AVX3_ZEN4". Throws
/// UsageError where there is none.
std::string simd_level_named(std::string_view name);

/// Makes every SIMD kernel of this process run at `level`. For tests and measurements; not while a
/// kernel runs. Throws UsageError as simd_level_named() does.
void force_simd_level(std::string_view level);

/// Back to the level that PARLAB_SIMD names, else to the best.
void unforce_simd_level();

/// The level that PARLAB_SIMD named when this was loaded; "" where it named none.
std::string simd_level_of_environment();

/// Throws UsageError where PARLAB_SIMD named what this build or this processor lacks, and kernels run at
/// the best level; or where the build is for SVE vectors of another length than the processor's. To be asked
/// before any kernel runs.
void check_simd_level_of_environment();

}  // namespace parlab
