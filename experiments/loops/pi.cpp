// pi: darts thrown at the quarter circle. Even work, no memory, no sharing: what is left of the
// ideal speed-up is the backend's own cost.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "experiments/base/experiment.hpp"
#include "experiments/loops/variant_choice.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/parallel/darts.hpp"

namespace parlab {
namespace {

/// Standard deviations that the estimate of a generator without a reference may be off: one false
/// alarm in 3.5 million.
constexpr double tolerated_deviations = 5;

/// The variant that runs where only its generator or precision was asked for.
constexpr char default_way[] = "simd";

std::uint64_t seed_of(const Workload& workload) {
  return workload.parameter<std::uint64_t>("seed");
}

class Pi final : public Experiment {
 public:
  std::string name() const override { return "pi"; }
  int report_place() const override { return 10; }
  std::string question() const override {
    return "Which backend for even work that touches no memory: pi by darts?";
  }
  std::string why() const override {
    return "Each dart is a function of its number alone, so chunks need nothing from each other "
           "and "
           "all take the same time. A backend then differs from the ideal only by what it costs to "
           "wake its workers, to hand out chunks and to wait for the last one. A static share is "
           "enough; what a dynamic schedule adds is insurance against a core that something else "
           "takes for a while.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--darts", darts_words_, "darts to throw; a list for a sweep [1e8]");
    app.add_option("--generator", generator_words_,
                   "philox, ars, or of <random> mt19937_64, minstd_rand; a list, or 'all' "
                   "[philox]");
    app.add_option("--precision", precision_words_,
                   "random bits of a coordinate: 32, 53, or both [32; 53 for those of <random>]");
    app.add_option(
        "--variant", variant_words_,
        "scalar, eigen, xtensor, simd, or a full name from parlab list; a list, or 'all' [simd]");
  }
  void set_seed(std::uint64_t seed) override { seed_ = seed; }
  void check_options() override {
    darts_ = parse_quantities("--darts", darts_words_, 1);
    if (generator_words_.empty() && precision_words_.empty()) {
      variants_ = chosen_variants(variant_words_, dart_variants(), dart_variant);
    } else {
      choose_by_generator();
    }
  }

  std::string why_not_apart(const Workload&) const override { return ""; }
  std::string why_not_in_pieces(const Workload& workload) const override {
    return workload.splittable ? "" : "an engine of <random> is one sequence, without pieces";
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t darts : darts_)
      for (const DartVariant& variant : variants_)
        cases.push_back({.kernel = "monte_carlo",
                         .variant = variant.name,
                         .size = darts,
                         .unit = "darts",
                         .parameters = {{"seed", seed_}},
                         .grain = {.min = dart_grain.min},
                         .max_grain = dart_grain.max,
                         .splittable = variant.splittable,
                         .facts = {{"generator", variant.generator},
                                   {"precision", variant.precision},
                                   {"way", variant.way}}});
    return cases;
  }

  // Counter-based variants: the count of the plain one. Engines of <random> have no second source
  // here, so what they owe is pi, within what chance allows.
  Answer expected(const Workload& workload) const override {
    const IndexRange darts{0, workload.size};
    if (workload.splittable) return count_on_all_cores(darts, workload);
    return static_cast<std::uint64_t>(
        std::llround(static_cast<double>(workload.size) * std::numbers::pi / 4));
  }
  bool correct(const Workload& workload, const Answer& answer,
               const Answer& expected) const override {
    if (workload.splittable) return answer == expected;
    constexpr double p = std::numbers::pi / 4;
    const double deviation = std::sqrt(static_cast<double>(workload.size) * p * (1 - p));
    return std::abs(answer.get<double>() - expected.get<double>()) <=
           tolerated_deviations * deviation + 1;
  }

  OpenedArm open(const Arm& arm) const override {
    std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const DartKernel count_inside = dart_variant(arm.workload.variant).count_inside;
    const Chunking chunking({0, arm.workload.size}, arm.grain);
    const std::uint64_t seed = seed_of(arm.workload);
    return [=]() -> Answer { return count_darts(*backend, chunking, count_inside, seed); };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string workers = worker_counts();
    const std::string all = fmt::to_string(usable_cores());
    // Quick: samples of 10 to 100 ms, for longer ones are no more precise.
    return {
        {"pi-backends",
         {"pi", "--darts", full ? "1e8" : "2e7", "--backend", full ? "all" : "each", "--workers",
          workers, "--rounds", full ? "41" : "17"}},
        {"pi-sizes",
         {"pi", "--darts", full ? "1e3,1e4,1e5,1e6,1e7,1e8,1e9" : "1e4,1e5,1e6,1e7", "--backend",
          "each", "--workers", all, "--rounds", full ? "41" : "15"}},
        {"pi-variants",
         {"pi", "--darts", full ? "1e8" : "2e6", "--variant",
          "scalar,eigen,xtensor,simd,ars,philox53,ars53,mt19937_64,minstd_rand", "--backend",
          "serial", "--baseline", "first", "--rounds", full ? "41" : "11"}},
    };
  }

 private:
  /// All variants of the generators and precisions asked for that go the ways asked for.
  void choose_by_generator() {
    std::vector<std::string> generators;
    for (const DartVariant& variant : dart_variants())
      if (std::ranges::find(generators, variant.generator) == generators.end())
        generators.push_back(variant.generator);
    const auto asked = split_list(generator_words_.empty() ? "philox" : generator_words_);
    for (const std::string& generator : asked)
      if (generator != "all") require_known("generator", generator, generators);
    const auto precisions = precision_words_.empty()
                                ? std::vector<std::uint64_t>()
                                : parse_quantities("--precision", precision_words_);
    for (const std::uint64_t precision : precisions)
      if (precision != 32 && precision != 53)
        throw UsageError(
            fmt::format("--precision: coordinates have 32 or 53 bits, not {}", precision));
    const auto ways = split_list(variant_words_);
    for (const DartVariant& variant : dart_variants()) {
      const bool right_generator = std::ranges::any_of(
          asked, [&](const auto& name) { return name == "all" || name == variant.generator; });
      // Without --precision each generator has its usual one.
      const auto bits = static_cast<std::uint64_t>(variant.precision);
      const bool right_precision = precisions.empty()
                                       ? bits == usual_precision(variant)
                                       : std::ranges::find(precisions, bits) != precisions.end();
      const bool right_way = std::ranges::any_of(ways, [&](const auto& way) {
        // Engines of <random> have one variant, which is then meant.
        return way == "all" || way == variant.way || way == variant.name ||
               (way == default_way && !variant.splittable);
      });
      if (right_generator && right_precision && right_way) variants_.push_back(variant);
    }
    if (variants_.empty())
      throw UsageError(fmt::format(
          "no kernel for --generator {}{} --variant {}; parlab list shows those that exist",
          fmt::join(asked, ","), precision_words_.empty() ? "" : " --precision " + precision_words_,
          variant_words_));
  }
  static std::uint64_t usual_precision(const DartVariant& variant) {
    return variant.splittable ? 32 : 53;
  }

  /// By the plain kernel, on all cores: it is the slowest of all variants.
  static std::uint64_t count_on_all_cores(IndexRange darts, const Workload& workload) {
    const std::uint64_t seed = seed_of(workload);
    const auto backend = make_backend({"threads", "dynamic", usable_cores()});
    const DartKernel plain = dart_variant(dart_variant(workload.variant).reference).count_inside;
    return count_darts(*backend, Chunking(darts, 1 << 20), plain, seed);
  }

  std::string darts_words_ = "1e8";
  std::string variant_words_ = default_way;
  std::string generator_words_, precision_words_;
  std::uint64_t seed_ = 1;
  std::vector<std::uint64_t> darts_;
  std::vector<DartVariant> variants_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Pi>();
});

}  // namespace
}  // namespace parlab
