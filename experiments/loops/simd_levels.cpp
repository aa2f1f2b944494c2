// simd: what each level of SIMD instructions is worth to each kernel that uses them, on one core. The
// data are in the cache: where memory is the bound, all levels are alike (stream, diffusion).

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <random>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/options/quantity.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/numerics/diffusion/heat.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/julia/julia_set.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/prime_counts/prime_counter.hpp"
#include "kernels/numerics/sieve/prime_count.hpp"
#include "kernels/numerics/sieve/sieve.hpp"
#include "kernels/parallel/reference_primes.hpp"

namespace parlab {
namespace {

/// Which code runs: what a level changes, or what its answers are checked against.
enum class Way { simd, reference };

/// One run and its answer; what it needs is made before, outside the time.
using Run = std::function<std::uint64_t()>;

/// Places count, so that two numbers that are swapped are seen.
template <class Numbers>
std::uint64_t mark_of_places(const Numbers& numbers) {
  std::uint64_t mark = 0, place = 1;
  for (const std::uint64_t number : numbers) mark += number * std::exchange(place, place + 2);
  return mark;
}

Run throw_darts(const std::string& variant, IndexRange darts, std::uint64_t seed, Way way) {
  const DartVariant simd = dart_variant(variant);
  const DartKernel count =
      way == Way::simd ? simd.count_inside : dart_variant(simd.reference).count_inside;
  return [=] { return count(darts, seed); };
}
Run philox(IndexRange darts, std::uint64_t seed, Way way) {
  return throw_darts("simd", darts, seed, way);
}
Run ars(IndexRange darts, std::uint64_t seed, Way way) {
  return throw_darts("ars", darts, seed, way);
}
Run philox53(IndexRange darts, std::uint64_t seed, Way way) {
  return throw_darts("philox53", darts, seed, way);
}
Run ars53(IndexRange darts, std::uint64_t seed, Way way) {
  return throw_darts("ars53", darts, seed, way);
}

std::vector<std::uint64_t> reference_primes(IndexRange range) {
  std::vector<std::uint64_t> primes;
  for_each_reference_prime(range, [&](std::uint64_t prime) { primes.push_back(prime); });
  return primes;
}

Run count_primes(IndexRange range, std::uint64_t, Way way) {
  if (way == Way::reference) return [=] { return reference_primes(range).size(); };
  const auto sieve = std::make_shared<SegmentedSieve>(range.end);
  return [=] { return sieve->count(range); };
}

Run list_primes(IndexRange range, std::uint64_t, Way way) {
  if (way == Way::reference) return [=] { return mark_of_places(reference_primes(range)); };
  const auto sieve = std::make_shared<SegmentedSieve>(range.end);
  const auto primes = std::make_shared<std::vector<std::uint64_t>>(most_primes_in(range));
  return [=] {
    const std::uint64_t count = sieve->list(range, primes->data());
    return mark_of_places(std::span(primes->data(), count));
  };
}

Run count_by_leaves(IndexRange range, std::uint64_t, Way way) {
  if (way == Way::reference) return [=] { return count_primes_below(range.end); };
  return [=] { return PrimeCounter(range.end).count(); };
}

/// A prime of 18 digits, so that every divisor is tried.
Run find_factor(IndexRange divisors, std::uint64_t, Way way) {
  constexpr std::uint64_t prime = 100109100129100151;
  const FactorSearch search =
      way == Way::simd ? smallest_factor_vector : FactorSearch{smallest_factor_wheel};
  return [=] { return search(prime, divisors, [] { return false; }); };
}

/// Odd numbers between 2^63 and 2^64.
Run test_numbers(IndexRange range, std::uint64_t seed, Way way) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < range.size(); ++i)
    numbers.push_back(random() | 1 | std::uint64_t{1} << 63);
  return [=, decided = std::vector<std::uint8_t>(numbers.size())]() mutable {
    if (way == Way::simd)
      are_prime(numbers, decided.data());
    else
      std::ranges::transform(numbers, decided.begin(), [](std::uint64_t number) {
        return static_cast<std::uint8_t>(is_prime_by_miller_rabin(number));
      });
    return mark_of_places(decided);
  };
}

Run draw_julia(IndexRange pixels, std::uint64_t, Way way) {
  const std::uint64_t side = integer_sqrt(pixels.size());
  const JuliaImage image{
      .width = side, .height = side, .step = 3.6 / static_cast<double>(side), .max_steps = 300};
  const JuliaKernel count_steps = julia_variant(way == Way::simd ? "simd" : "scalar").count_steps;
  return [=, counts = std::vector<std::uint32_t>(pixels.size())]() mutable {
    count_steps(image, pixels, counts.data());
    return mark_of_places(counts);
  };
}

/// A square plate, as many steps as a sweep of `tiled` makes.
Run spread(IndexRange cells, std::uint64_t, Way way) {
  const std::uint64_t side = integer_sqrt(cells.size());
  std::vector<double> first(cells.size());
  for (std::uint64_t i = 0; i < first.size(); ++i)
    first[i] = static_cast<double>(i * 0x9E3779B97F4A7C15 >> 40);
  const DiffusionVariant variant = diffusion_variant(way == Way::simd ? "simd" : "scalar");
  return [=, between = first, last = first]() mutable {
    const auto plate = [&](std::vector<double>& all) {
      return Plate{all.data(), side, side, side};
    };
    diffuse(variant, plate(first), plate(between), plate(last), 0.2, Edges::fixed, default_depth, 1,
            [&](const auto& sweep) {
              sweep(IndexRange{0, side});
            });
    std::uint64_t mark = 0;
    for (std::uint64_t i = 0; i < last.size(); i += 37)  // a prime: meets each column
      mark += std::bit_cast<std::uint64_t>(last[i]) * (2 * i + 1);
    return mark;
  };
}

struct Kernel {
  std::string name;
  std::string title;  // what a reader sees
  IndexRange range;   // 1 to 10 ms at the lowest level
  std::string unit;
  Run (*prepare)(IndexRange range, std::uint64_t seed, Way way);
};

const std::array<Kernel, 11>& kernels() {
  static const std::array<Kernel, 11> all = {{
      {"philox", "darts by Philox", {0, 1 << 20}, "darts", philox},
      {"ars", "darts by ARS", {0, 1 << 16}, "darts", ars},
      {"philox53", "darts of 53 bits by Philox", {0, 1 << 19}, "darts", philox53},
      {"ars53", "darts of 53 bits by ARS", {0, 1 << 16}, "darts", ars53},
      {"sieve",
       "primes counted in 3e6 numbers from 1e11",
       {100'000'000'000, 100'003'000'000},
       "numbers",
       count_primes},
      {"list",
       "primes listed of 3e6 numbers from 1e9",
       {1'000'000'000, 1'003'000'000},
       "numbers",
       list_primes},
      {"leaves",
       "the primes below 1e9 counted by special leaves",
       {0, 1'000'000'000},
       "numbers",
       count_by_leaves},
      {"factor",
       "divisors of a prime of 18 digits",
       {300'000'001, 316'400'000},
       "divisors",
       find_factor},
      {"batch", "random odd numbers tested", {0, 4096}, "numbers", test_numbers},
      {"julia", "a Julia set of 128 x 128 pixels", {0, 16'384}, "pixels", draw_julia},
      {"diffusion", "16 steps of heat on 192 x 192 cells", {0, 36'864}, "cells", spread},
  }};
  return all;
}

class SimdLevels final : public Experiment {
 public:
  std::string name() const override { return "simd"; }
  int report_place() const override { return 27; }
  std::string question() const override {
    return "What is each level of SIMD instructions worth to each kernel?";
  }
  std::string why() const override {
    return "A level twice as wide does twice the numbers per instruction, and each newer one has "
           "instructions that the one before makes of several: unsigned comparisons and masks, "
           "64-bit "
           "products, rounds of AES on four blocks. Less than the width is gained where a kernel "
           "loads, stores or gathers more than it computes, where a group of lanes waits for its "
           "slowest one, as in julia, and where a part of the work is scalar at every level, as in "
           "the sieve, whose crossing off is.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--kernel", kernel_words_,
                   fmt::format("{}, a list, or 'all' [all]", fmt::join(names_of(kernels()), ", ")));
    app.add_option(
        "--level", level_words_,
        "levels as named by parlab list, or avx512 and sse2 for what is nearest to them, "
        "a list, or 'all'; the lowest is the baseline [all]");
  }
  bool compares_methods() const override { return true; }
  void set_seed(std::uint64_t seed) override { seed_ = seed; }
  void check_options() override {
    const auto words = split_list(kernel_words_);
    for (const std::string& word : words)
      if (word != "all") entry_named(kernels(), "kernel", word);
    for (const Kernel& kernel : kernels())
      if (chosen(words, kernel.name)) kernels_.push_back(&kernel);
    std::vector<std::string> levels;
    for (const std::string& word : split_list(level_words_))
      levels.push_back(word == "all" ? word : simd_level_named(word));
    for (const std::string& level : supported_simd_levels())
      if (chosen(levels, level)) levels_.insert(levels_.begin(), level);
  }

  std::string subject(const Workload& workload) const override {
    return fmt::format("For {}", kernel_of(workload).title);
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const Kernel* kernel : kernels_)
      for (const std::string& level : levels_)
        cases.push_back({.kernel = kernel->name,
                         .variant = level,
                         .size = kernel->range.size(),
                         .unit = kernel->unit,
                         .parameters = {{"kernel", kernel->name}},
                         .facts = {{"simd", level}}});
    return cases;
  }

  // The best level against the lowest: what lies between stands in the table.
  bool each_has_headline(const Workload& workload) const override {
    return levels_.size() > 1 && workload.variant == levels_.back();
  }

  Answer expected(const Workload& workload) const override {
    const Kernel& kernel = kernel_of(workload);
    return kernel.prepare(kernel.range, seed_, Way::reference)();
  }

  OpenedArm open(const Arm& arm) const override {
    force_simd_level(arm.workload.variant);  // of this process, which is the arm's own
    const Kernel& kernel = kernel_of(arm.workload);
    return [run = kernel.prepare(kernel.range, seed_, Way::simd)]() -> Answer { return run(); };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    // Nothing to compare where there is one level, on processors and in builds without others.
    if (supported_simd_levels().size() < 2) return {};
    const bool full = profile == Profile::full;
    // A kernel takes nearly a second. Rounds as its sentences need at least.
    return {{"simd",
             {"simd", "--kernel", full ? "all" : "philox,sieve,batch", "--rounds",
              full ? "31" : "10"}}};
  }

 private:
  static bool chosen(const std::vector<std::string>& words, const std::string& name) {
    return std::ranges::any_of(words, [&](const auto& w) { return w == "all" || w == name; });
  }
  static const Kernel& kernel_of(const Workload& workload) {
    return entry_named(kernels(), "kernel", workload.kernel);
  }

  std::string kernel_words_ = "all";
  std::string level_words_ = "all";
  std::uint64_t seed_ = 1;
  std::vector<const Kernel*> kernels_;
  std::vector<std::string> levels_;  // the lowest first
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<SimdLevels>();
});

}  // namespace
}  // namespace parlab
