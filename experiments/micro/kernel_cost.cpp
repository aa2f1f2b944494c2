// What the numeric kernels cost on one core: a dart, a sieved number, a trial division, a decision
// whether a number is prime.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/numerics/darts/random_words.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/factors/trial_division.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/sieve.hpp"

namespace {

constexpr std::uint64_t seed = 20111115;

void throw_darts(benchmark::State& state, const parlab::DartVariant& variant,
                 const std::string& level) {
  if (!level.empty()) parlab::force_simd_level(level);
  const parlab::IndexRange darts{0, static_cast<std::uint64_t>(state.range(0))};
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(variant.count_inside(darts, seed));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  parlab::unforce_simd_level();
}

/// The random words alone: what a dart of variant simd cannot cost less than.
void draw_words(benchmark::State& state, const std::string& level) {
  parlab::force_simd_level(level);
  const parlab::IndexRange darts{0, static_cast<std::uint64_t>(state.range(0))};
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(parlab::xor_of_dart_words(darts, seed));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  parlab::unforce_simd_level();
}

/// One call for a chunk's worth of numbers from `first` on; base primes are made beforehand.
void sieve_primes(benchmark::State& state, std::uint64_t first, const std::string& level) {
  if (!level.empty()) parlab::force_simd_level(level);
  const parlab::IndexRange range{first, first + static_cast<std::uint64_t>(state.range(0))};
  const parlab::SegmentedSieve sieve(range.end);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(sieve.count(range));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  parlab::unforce_simd_level();
}

void list_primes(benchmark::State& state, std::uint64_t first) {
  const parlab::IndexRange range{first, first + static_cast<std::uint64_t>(state.range(0))};
  const parlab::SegmentedSieve sieve(range.end);
  std::vector<std::uint64_t> primes(parlab::most_primes_in(range));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(sieve.list(range, primes.data()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(list_primes, from_1e8, 100'000'000)->Name("sieve/list/1e8")->Arg(1'000'000);

/// A prime, so that every divisor is tried. Items are divisions.
void divide_by_trial(benchmark::State& state) {
  const auto prime = static_cast<std::uint64_t>(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    std::uint64_t n = prime;
    benchmark::DoNotOptimize(n);  // or the compiler takes the test out of the loop
    benchmark::DoNotOptimize(parlab::is_prime_by_trial(n));
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(parlab::integer_sqrt(prime) / 2));
}
BENCHMARK(divide_by_trial)->Name("trial_division/prime")->Arg(100'000'007)->Arg(100'000'000'003);

/// The odd divisors up to its root of an 18-digit prime, or those of the last hundredth.
void search_factor(benchmark::State& state, parlab::FactorSearch smallest_factor,
                   const std::string& level) {
  if (!level.empty()) parlab::force_simd_level(level);
  constexpr std::uint64_t prime = 100109100129100151;
  const std::uint64_t root = parlab::integer_sqrt(prime);
  const parlab::IndexRange divisors{state.range(0) != 0 ? 2 : root - root / 100, root + 1};
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(smallest_factor(prime, divisors, [] { return false; }));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(divisors.size() / 2));
  parlab::unforce_simd_level();
}

/// Odd numbers between 2^63 and 2^64, or only the primes among them.
std::vector<std::uint64_t> numbers_to_decide(bool primes) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> numbers;
  while (numbers.size() < 10'000) {
    const std::uint64_t n = random() | 1 | std::uint64_t{1} << 63;
    if (!primes || parlab::is_prime(n)) numbers.push_back(n);
  }
  return numbers;
}

void decide_primality(benchmark::State& state, bool (*is_prime)(std::uint64_t)) {
  const auto numbers = numbers_to_decide(state.range(0) != 0);
  for ([[maybe_unused]] auto _ : state)
    for (const std::uint64_t n : numbers) benchmark::DoNotOptimize(is_prime(n));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(numbers.size()));
}
BENCHMARK_CAPTURE(decide_primality, bpsw, parlab::is_prime)
    ->Name("primality/bpsw")
    ->ArgName("primes")
    ->Arg(0)
    ->Arg(1);
BENCHMARK_CAPTURE(decide_primality, miller_rabin, parlab::is_prime_by_miller_rabin)
    ->Name("primality/miller_rabin")
    ->ArgName("primes")
    ->Arg(0)
    ->Arg(1);

void decide_batch(benchmark::State& state, const std::string& level) {
  parlab::force_simd_level(level);
  const auto numbers = numbers_to_decide(state.range(0) != 0);
  std::vector<std::uint8_t> prime(numbers.size());
  for ([[maybe_unused]] auto _ : state) {
    parlab::are_prime(numbers, prime.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(numbers.size()));
  parlab::unforce_simd_level();
}

// Runs before main. The kernels' objects stand before this one when CMake links them, so that
// their variants are registered by now.
const bool registered = [] {
  const auto add = [](const parlab::DartVariant& variant, const std::string& level) {
    const std::string name = "darts/" + variant.name + (level.empty() ? "" : ":" + level);
    benchmark::RegisterBenchmark(name.c_str(), throw_darts, variant, level)->Arg(1 << 20);
  };
  for (const parlab::DartVariant& variant : parlab::dart_variants()) {
    add(variant, "");
    if (variant.way != "simd") continue;
    for (const std::string& level : parlab::supported_simd_levels()) add(variant, level);
  }
  for (const std::string& level : parlab::supported_simd_levels())
    benchmark::RegisterBenchmark(("darts/words:" + level).c_str(), draw_words, level)->Arg(1 << 20);
  for (const auto& [name, search] : parlab::factor_searches) {
    if (std::string(name) == "vector") continue;
    benchmark::RegisterBenchmark((std::string("factor_search/") + name).c_str(), search_factor,
                                 search, "")
        ->ArgName("from_2")
        ->Arg(0)
        ->Arg(1)
        ->Unit(benchmark::kMillisecond);
  }
  for (const std::string& level : parlab::supported_simd_levels()) {
    benchmark::RegisterBenchmark(("factor_search/vector:" + level).c_str(), search_factor,
                                 parlab::smallest_factor_vector, level)
        ->ArgName("from_2")
        ->Arg(0)
        ->Arg(1)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("primality/batch:" + level).c_str(), decide_batch, level)
        ->ArgName("primes")
        ->Arg(0)
        ->Arg(1);
  }
  const std::pair<const char*, std::uint64_t> starts[] = {
      {"0", 0}, {"1e8", 100'000'000}, {"1e11", 100'000'000'000}, {"1e12", 1'000'000'000'000}};
  for (const auto& [name, first] : starts) {
    benchmark::RegisterBenchmark((std::string("sieve/count/") + name).c_str(), sieve_primes, first,
                                 "")
        ->Arg(100'000)
        ->Arg(1'000'000)
        ->Arg(30'000'000)
        ->Unit(benchmark::kMicrosecond);
  }
  for (const std::string& level : parlab::supported_simd_levels()) {
    benchmark::RegisterBenchmark(("sieve/count/1e11:" + level).c_str(), sieve_primes,
                                 100'000'000'000, level)
        ->Arg(100'000)
        ->Arg(1'000'000)
        ->Arg(30'000'000)
        ->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
