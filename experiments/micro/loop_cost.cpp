// The inner loops of the numeric kernels by themselves, at each SIMD level, beside the clock of the core
// that runs them: what ports_bound.py holds against what the processor's ports allow. Items are what the
// loop steps through: darts, steps of a pixel, cells, bytes, divisors, numbers.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/numerics/diffusion/heat.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/julia/julia_set.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/cross_off.hpp"
#include "kernels/numerics/sieve/sieve_bytes.hpp"

namespace {

constexpr std::uint64_t seed = 20111115;

/// Additions that wait for each other, a cycle each: as many items a second as the clock has cycles.
/// Unrolled, or the loop around them would count too.
void count_cycles(benchmark::State& state) {
  constexpr int additions = 64;
  std::uint64_t sum = 0;
  for ([[maybe_unused]] auto _ : state) {
#pragma GCC unroll 64
    for (int i = 0; i < additions; ++i) {
      sum += 3;
      asm volatile("" : "+r"(sum));  // in a register, and not to be foreseen
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * additions);
}
BENCHMARK(count_cycles)->Name("loop/clock");

/// What runs, and how many items a call has.
struct Loop {
  std::function<void()> run;
  std::uint64_t items;
};

Loop darts(const char* variant) {
  constexpr std::uint64_t count = 1 << 16;
  const parlab::DartKernel count_inside = parlab::dart_variant(variant).count_inside;
  return {[=] { benchmark::DoNotOptimize(count_inside({0, count}, seed)); }, count};
}

/// Sixteen pixels, in the set: every step is made, and there is no group that waits for its slowest.
Loop julia() {
  const parlab::JuliaImage image{.width = 64,
                                 .height = 1,
                                 .left = 0,
                                 .top = 0,
                                 .step = 1e-4,
                                 .c_real = 0,
                                 .c_imaginary = 0,
                                 .max_steps = 1000};
  const parlab::JuliaKernel count_steps = parlab::julia_variant("simd").count_steps;
  return {[=, counts = std::vector<std::uint32_t>(64)]() mutable {
            benchmark::DoNotOptimize(count_steps(image, {0, 64}, counts.data()));
          },
          64'000};
}

/// Two plates of 13 KiB: in the first cache. Whole vectors from column 1 on.
Loop diffusion() {
  constexpr std::uint64_t rows = 10, columns = 162, stride = 168, line = 8;
  const parlab::DiffusionKernel sweep = parlab::diffusion_variant("simd").sweep;
  std::vector<double> from((rows + 1) * stride, 1.5);
  const auto aligned = [](std::vector<double>& cells) {
    const std::size_t off = reinterpret_cast<std::uintptr_t>(cells.data()) / sizeof(double) % line;
    return cells.data() + (line - off) + line - 1;
  };
  return {[=, to = from]() mutable {
            const parlab::ConstPlate read{aligned(from), rows, columns, stride};
            sweep(read, {aligned(to), rows, columns, stride}, {0, rows}, {.rate = 0.2});
            benchmark::ClobberMemory();
          },
          (rows - 2) * (columns - 2)};
}

/// Far up, where a line of quotients is long.
Loop factor() {
  constexpr std::uint64_t prime = 100109100129100151, begin = 300'000'001, end = 301'000'001;
  return {[] {
            benchmark::DoNotOptimize(
                parlab::smallest_factor_vector(prime, {begin, end}, [] { return false; }));
          },
          // Those that the wheel of 210 leaves.
          (end - begin) * 48 / 210};
}

/// Primes near 2^64, which go through both tests to the end.
Loop primality() {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> primes;
  while (primes.size() < 960) {
    const std::uint64_t n = random() | 1 | std::uint64_t{1} << 63;
    if (parlab::is_prime(n)) primes.push_back(n);
  }
  return {[primes, decided = std::vector<std::uint8_t>(primes.size())]() mutable {
            parlab::are_prime(primes, decided.data());
            benchmark::ClobberMemory();
          },
          primes.size()};
}

constexpr std::size_t segment = 16 << 10;  // bytes: with nine patterns' runs in the second cache

Loop sieve_patterns() {
  std::vector<std::uint8_t> patterns(9'216, 0xFF);
  return {[patterns, bytes = std::vector<std::uint8_t>(1024)]() mutable {
            parlab::PatternPointers pointers;
            for (std::size_t k = 0; k < pointers.size(); ++k)
              pointers[k] = patterns.data() + 1024 * k + k;
            parlab::and_patterns(bytes.data(), bytes.size(), pointers, true);
            benchmark::ClobberMemory();
          },
          1024};
}

Loop sieve_bits() {
  return {[bytes = std::vector<std::uint8_t>(segment, 0x5A)] {
            benchmark::DoNotOptimize(parlab::count_bits(bytes.data(), bytes.size()));
          },
          segment};
}

/// Multiples of one prime, 8 a period of as many bytes as the prime is large.
Loop sieve_crossing() {
  constexpr std::int32_t prime = 331;  // 30 * 11 + 1: residue number 0
  return {[bytes = std::vector<std::uint8_t>(segment + std::size_t{2} * prime)]() mutable {
            parlab::CrossingPrime crossing{prime, 0};
            parlab::cross_off_whole_periods(0, bytes.data() + prime, segment, &crossing,
                                            &crossing + 1);
            benchmark::ClobberMemory();
          },
          8 * (segment / prime + 1)};
}

void run_loop(benchmark::State& state, Loop (*make)(), const std::string& level) {
  parlab::force_simd_level(level);
  Loop loop = make();
  for ([[maybe_unused]] auto _ : state) loop.run();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(loop.items));
  parlab::unforce_simd_level();
}

// Runs before main, as in kernel_cost.cpp.
const bool registered = [] {
  const std::pair<const char*, Loop (*)()> loops[] = {
      {"philox", [] { return darts("simd"); }},
      {"ars", [] { return darts("ars"); }},
      {"philox53", [] { return darts("philox53"); }},
      {"ars53", [] { return darts("ars53"); }},
      {"julia", julia},
      {"diffusion", diffusion},
      {"factor", factor},
      {"primality", primality},
      {"sieve_patterns", sieve_patterns},
      {"sieve_bits", sieve_bits},
      {"sieve_crossing", sieve_crossing}};
  for (const std::string& level : parlab::supported_simd_levels()) {
    if (level != "AVX2" && !level.starts_with("AVX3")) continue;  // those that are modelled
    for (const auto& [name, make] : loops)
      benchmark::RegisterBenchmark(("loop/" + std::string(name) + ":" + level).c_str(), run_loop,
                                   make, level);
  }
  return true;
}();

}  // namespace
