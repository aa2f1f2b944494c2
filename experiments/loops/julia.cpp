// julia: steps of every pixel of a Julia set. Work as uneven as work can be, and clustered: the
// pixels that cost 300 steps lie together. What a schedule is for.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/loops/variant_choice.hpp"
#include "experiments/measure/race/worker_loads.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/parallel/julia_rows.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t max_pixels_per_side = 100'000;
constexpr std::uint64_t max_steps_per_pixel = 1'000'000;

/// What part of the plane is drawn. The set is the same seen from both sides: in a view of all of
/// it the first half costs what the second does, and two equal halves balance by luck alone.
struct View {
  const char* name;
  double left, top, side;
};
constexpr View views[] = {{"whole", -1.8, 1.8, 3.6}, {"upper", -1.8, 0.6, 3.6}};

const View& view_named(const std::string& name) { return entry_named(views, "view", name); }

JuliaImage image_of(const Workload& workload) {
  const View view = view_named(workload.parameter<std::string>("view"));
  const auto side = workload.parameter<std::uint64_t>("side");
  return {.width = side,
          .height = side,
          .left = view.left,
          .top = view.top,
          .step = view.side / static_cast<double>(side),
          .max_steps = workload.parameter<std::uint32_t>("most_steps")};
}

/// Both the sum of all steps and one that tells pixels apart, so that two that are swapped are
/// seen.
struct Checksum {
  std::uint64_t steps = 0;
  std::uint64_t weighted = 0;

  static Checksum of(IndexRange pixels, const std::uint32_t* counts, std::uint64_t steps) {
    Checksum sum{steps, 0};
    for (std::uint64_t pixel = pixels.begin; pixel < pixels.end; ++pixel)
      sum.weighted += *counts++ * (2 * pixel + 1);
    return sum;
  }
  static Checksum join(const Checksum& a, const Checksum& b) {
    return {a.steps + b.steps, a.weighted + b.weighted};
  }
  Answer answer() const { return fmt::format("{} steps, {}", steps, checksum_text(weighted)); }
};

class Julia final : public Experiment {
 public:
  std::string name() const override { return "julia"; }
  int report_place() const override { return 24; }
  std::string question() const override {
    return "Which schedule for work that is uneven and clustered: a Julia set?";
  }
  std::string why() const override {
    return "A pixel inside the set costs 300 steps, one outside a few, and neighbours cost much "
           "the "
           "same. A static share is a block of rows: the worker with the middle of the set goes on "
           "while the others wait. In the view whole the set lies in the middle of the picture and "
           "is "
           "symmetric, so on two workers the halves balance by luck; in the view upper it is moved "
           "up, and they do not. A dynamic schedule hands out blocks as workers come "
           "free and balances either view; guided begins with large blocks and ends with small "
           "ones, "
           "which saves handing out but fails where a first block holds the costly middle.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--side", side_words_,
                   "pixels per side of the picture; a list for a sweep [1000]");
    app.add_option("--steps", steps_word_, "steps after which a pixel counts as inside [300]");
    app.add_option("--view", view_words_,
                   "whole: the set in the middle; upper: moved up, so that the halves differ in "
                   "cost; or a list [upper]");
    app.add_option("--variant", variant_words_, "scalar, simd, a list, or 'all' [simd]");
  }
  void check_options() override {
    sides_ = parse_quantities("--side", side_words_, 1, max_pixels_per_side);
    steps_ = parse_quantity("--steps", steps_word_, 1, max_steps_per_pixel);
    for (const std::string& name : split_list(view_words_)) view_named(name);
    variants_ = chosen_variants(variant_words_, julia_variants(), julia_variant);
  }

  std::string subject(const Workload& workload) const override {
    const auto side = workload.parameter<std::uint64_t>("side");
    return fmt::format("For a Julia set of {0} x {0} pixels,", side);
  }

  std::string why_not_apart(const Workload&) const override { return ""; }
  // What a run returns are sums over all pixels: of the picture itself nothing need be kept.
  std::string why_not_in_pieces(const Workload&) const override { return ""; }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    const GrainLimits grain = julia_grain({.max_steps = static_cast<std::uint32_t>(steps_)});
    for (const std::string& view : split_list(view_words_))
      for (const std::uint64_t side : sides_)
        for (const JuliaVariant& variant : variants_)
          cases.push_back({.kernel = "julia",
                           .variant = variant.name,
                           .size = side * side,
                           .unit = "pixels",
                           .parameters = {{"most_steps", steps_}, {"side", side}, {"view", view}},
                           .grain = {.min = grain.min},
                           .max_grain = grain.max});
    return cases;
  }

  // By the plain variant, row by row; for the plain variant by the other. That both are right is
  // the tests' affair, which hold them to the book's figure.
  Answer expected(const Workload& workload) const override {
    const JuliaImage image = image_of(workload);
    const JuliaKernel kernel =
        julia_variant(workload.variant == "scalar" ? "simd" : "scalar").count_steps;
    const auto backend = make_backend({"threads", "dynamic", usable_cores()});
    return map_reduce(
               *backend, Chunking({0, image.pixels()}, image.width), Checksum{},
               [&](IndexRange pixels) {
                 std::vector<std::uint32_t> counts(pixels.size());
                 const std::uint64_t steps = kernel(image, pixels, counts.data());
                 return Checksum::of(pixels, counts.data(), steps);
               },
               Checksum::join)
        .answer();
  }

  double memory_bytes(const Arm& arm) const override {
    return static_cast<double>(arm.workload.size) * sizeof(std::uint32_t);
  }

  OpenedArm open(const Arm& arm) const override {
    std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const JuliaKernel kernel = julia_variant(arm.workload.variant).count_steps;
    const JuliaImage image = image_of(arm.workload);
    const Chunking chunking({0, image.pixels()}, arm.grain);
    // The picture itself, where processes see it too.
    const auto picture = std::make_shared<SharedMapping>(image.pixels() * sizeof(std::uint32_t));
    const auto loads = std::make_shared<WorkerLoads>(chunking.chunks(), backend->workers());
    const auto run = [=]() -> Answer {
      return map_reduce(
                 *backend, chunking, Checksum{},
                 [&](IndexRange pixels) {
                   const WorkerLoads::Chunk timed(*loads, pixels.begin / chunking.grain());
                   auto* counts = reinterpret_cast<std::uint32_t*>(picture->data());
                   const std::uint64_t steps =
                       count_steps(image, pixels, kernel, {counts, image.width});
                   return Checksum::of(pixels, counts + pixels.begin, steps);
                 },
                 Checksum::join)
          .answer();
    };
    return {run, [loads] { return loads->metrics(); }};
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string all = fmt::to_string(usable_cores());
    return {
        {"julia-schedules",
         {"julia", "--side", full ? "4000" : "800", "--view", "upper,whole", "--backend", "all",
          "--workers", all, "--rounds", full ? "41" : "16"}},
        {"julia-variants",
         {"julia", "--side", full ? "1000" : "700", "--variant", "scalar,simd", "--backend",
          "serial", "--baseline", "first", "--rounds", full ? "41" : "11"}},
    };
  }

 private:
  std::string side_words_ = "1000";
  std::string steps_word_ = "300";
  std::string view_words_ = "upper";
  std::string variant_words_ = "simd";
  std::vector<std::uint64_t> sides_;
  std::uint64_t steps_ = 300;
  std::vector<JuliaVariant> variants_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Julia>();
});

}  // namespace
}  // namespace parlab
