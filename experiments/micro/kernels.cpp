// What the numeric kernels cost on one core: a dart, a sieved number, a trial division.

#include <benchmark/benchmark.h>

#include <string>

#include "kernels/numerics/monte_carlo.hpp"
#include "kernels/numerics/simd_level.hpp"

namespace {

constexpr std::uint64_t seed = 20111115;

void throw_darts(benchmark::State& state, const parlab::DartVariant& variant,
                 const std::string& level) {
  if (!level.empty()) parlab::force_simd_level(level);
  const parlab::IndexRange darts{0, static_cast<std::uint64_t>(state.range(0))};
  for (auto _ : state) benchmark::DoNotOptimize(variant.count_inside(darts, seed));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  // google benchmark prints it with its own prefix: 640p is 0.64 ns
  state.counters["s_per_dart"] = benchmark::Counter(
      static_cast<double>(state.range(0)),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  parlab::unforce_simd_level();
}

// Runs before main, but after no other source's registrations for certain: hence on first use.
const bool darts_registered = [] {
  const auto add = [](const parlab::DartVariant& variant, const std::string& level) {
    const std::string name = "darts/" + variant.name + (level.empty() ? "" : ":" + level);
    benchmark::RegisterBenchmark(name.c_str(), throw_darts, variant, level)->Arg(1 << 20);
  };
  for (const parlab::DartVariant& variant : parlab::dart_variants()) {
    add(variant, "");
    if (variant.name != "simd") continue;
    for (const std::string& level : parlab::supported_simd_levels()) add(variant, level);
  }
  return true;
}();

}  // namespace
