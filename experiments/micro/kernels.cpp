// What the numeric kernels cost on one core: a dart, a sieved number, a trial division.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/numerics/integer_sqrt.hpp"
#include "kernels/numerics/monte_carlo.hpp"
#include "kernels/numerics/sieve.hpp"
#include "kernels/numerics/simd_level.hpp"
#include "kernels/numerics/trial_division.hpp"

namespace {

constexpr std::uint64_t seed = 20111115;

void throw_darts(benchmark::State& state, const parlab::DartVariant& variant,
                 const std::string& level) {
  if (!level.empty()) parlab::force_simd_level(level);
  const parlab::IndexRange darts{0, static_cast<std::uint64_t>(state.range(0))};
  for (auto _ : state) benchmark::DoNotOptimize(variant.count_inside(darts, seed));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  parlab::unforce_simd_level();
}

/// One call for a chunk's worth of numbers from `first` on; base primes are made beforehand.
void sieve_primes(benchmark::State& state, std::uint64_t first) {
  const parlab::IndexRange range{first, first + static_cast<std::uint64_t>(state.range(0))};
  const parlab::SegmentedSieve sieve(range.end);
  for (auto _ : state) benchmark::DoNotOptimize(sieve.count(range));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void list_primes(benchmark::State& state, std::uint64_t first) {
  const parlab::IndexRange range{first, first + static_cast<std::uint64_t>(state.range(0))};
  const parlab::SegmentedSieve sieve(range.end);
  std::vector<std::uint64_t> primes(parlab::most_primes_in(range));
  for (auto _ : state) benchmark::DoNotOptimize(sieve.list(range, primes.data()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(list_primes, from_1e8, 100'000'000)->Name("sieve/list/1e8")->Arg(1'000'000);

/// A prime, so that every divisor is tried. Items are divisions.
void divide_by_trial(benchmark::State& state) {
  const auto prime = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    std::uint64_t n = prime;
    benchmark::DoNotOptimize(n);  // or the compiler takes the test out of the loop
    benchmark::DoNotOptimize(parlab::is_prime_by_trial(n));
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(parlab::integer_sqrt(prime) / 2));
}
BENCHMARK(divide_by_trial)->Name("trial_division/prime")->Arg(100'000'007)->Arg(100'000'000'003);

// Runs before main. The kernels' objects stand before this one when CMake links them, so that
// their variants are registered by now.
const bool registered = [] {
  const auto add = [](const parlab::DartVariant& variant, const std::string& level) {
    const std::string name = "darts/" + variant.name + (level.empty() ? "" : ":" + level);
    benchmark::RegisterBenchmark(name.c_str(), throw_darts, variant, level)->Arg(1 << 20);
  };
  for (const parlab::DartVariant& variant : parlab::dart_variants()) {
    add(variant, "");
    if (variant.name != "simd") continue;
    for (const std::string& level : parlab::supported_simd_levels()) add(variant, level);
  }
  const std::pair<const char*, std::uint64_t> starts[] = {
      {"0", 0}, {"1e8", 100'000'000}, {"1e11", 100'000'000'000}, {"1e12", 1'000'000'000'000}};
  for (const auto& [name, first] : starts) {
    benchmark::RegisterBenchmark((std::string("sieve/count/") + name).c_str(), sieve_primes, first)
        ->Arg(100'000)
        ->Arg(1'000'000)
        ->Arg(30'000'000)
        ->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
