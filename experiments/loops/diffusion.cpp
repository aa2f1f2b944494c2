// diffusion: heat over a plate that does not fit in the cache. Memory decides, and every step ends
// at a barrier; the bound is measured in the same rounds, by the variant `stream`.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <bit>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/loops/variant_choice.hpp"
#include "experiments/options/backend_choice.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/parallel/heat_rows.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t max_cells = std::uint64_t{1} << 32;  // 32 GiB a plate
constexpr std::uint64_t max_steps_per_run = 1'000'000;

/// Rows between those whose cells are checked after each timed run: reading all of them would cost
/// half a step. A prime, so that they meet every place of a chunk; a strip that is wrong shows in
/// each of them.
constexpr std::uint64_t rows_per_probe = 37;

constexpr double rate = 0.2;

struct Size {
  std::uint64_t rows, columns, steps;
  int depth;
  Edges edges;
};

Size size_of(const Workload& workload) {
  return {.rows = workload.size,
          .columns = workload.parameter<std::uint64_t>("columns"),
          .steps = workload.parameter<std::uint64_t>("steps"),
          .depth = workload.parameter<int>("depth"),
          .edges = edges_named(workload.parameter<std::string>("edges"))};
}

/// What a cell holds at first, in [0, 1): rough, so that no two neighbourhoods are alike.
double first_cell(std::uint64_t cell) {
  std::uint64_t mixed = (cell + 1) * 0x9E3779B97F4A7C15;
  mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93;
  return static_cast<double>((mixed ^ mixed >> 32) >> 11) * 0x1p-53;
}

/// Its own plate, in memory that processes share.
class SharedPlate {
 public:
  explicit SharedPlate(const Size& size)
      : memory_(size.rows * size.columns * sizeof(double)),
        plate_{reinterpret_cast<double*>(memory_.data()), size.rows, size.columns, size.columns} {}
  Plate plate() const { return plate_; }

 private:
  SharedMapping memory_;
  Plate plate_;
};

void fill(Plate plate, IndexRange rows) {
  for (std::uint64_t row = rows.begin; row < rows.end; ++row)
    for (std::uint64_t j = 0; j < plate.columns; ++j)
      plate[row][j] = first_cell(row * plate.columns + j);
}

Answer checksum_of(ConstPlate plate) {
  std::uint64_t sum = 0;
  for (std::uint64_t row = 0; row < plate.rows; row += rows_per_probe)
    for (std::uint64_t j = 0; j < plate.columns; ++j)
      sum += std::bit_cast<std::uint64_t>(plate[row][j]) * (2 * (row * plate.columns + j) + 1);
  return checksum_text(sum);
}

class Diffusion final : public Experiment {
 public:
  std::string name() const override { return "diffusion"; }
  int report_place() const override { return 26; }
  std::string question() const override {
    return "What can still be gained where memory is the bound: heat on a large plate?";
  }
  std::string why() const override {
    return "A step is seven operations a cell against sixteen bytes of memory, so it cannot be "
           "faster than reading the plate and writing it: that is what stream does, in the same "
           "rounds. A variant near 1 cannot gain anything by better arithmetic, however plain its "
           "code. To go beyond it, a variant must go through memory less often: tiled in time, one "
           "sweep makes several steps while the rows are in the cache. Each sweep ends at a "
           "barrier, so a backend that is slow to start pays once a sweep, and one that forks pays "
           "a fork.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--rows", rows_words_, "rows of the plate; a list for a sweep [4096]");
    app.add_option("--columns", columns_word_, "columns of the plate [4096]");
    app.add_option("--steps", steps_word_, "steps per run [16]");
    app.add_option("--depth", depth_words_,
                   "steps per sweep of the variant tiled; a list for several depths [16]");
    app.add_option("--variant", variant_words_,
                   "stream (the bound: copies), scalar, eigen, xtensor, simd, tiled, a list, or "
                   "'all' [simd]");
    app.add_option("--edges", edges_word_,
                   "fixed: cells on the edge keep their values; periodic: opposite edges are "
                   "neighbours [fixed]");
  }
  void check_options() override {
    columns_ = parse_quantity("--columns", columns_word_, 1, max_cells);
    rows_ = parse_quantities("--rows", rows_words_, 1, max_cells / columns_);
    steps_ = parse_quantity("--steps", steps_word_, 1, max_steps_per_run);
    depths_ = parse_quantities("--depth", depth_words_, 1, max_steps_per_sweep);
    edges_named(edges_word_);  // throws
    variants_ = chosen_variants(variant_words_, diffusion_variants(), diffusion_variant);
    // The bound first: with --baseline first it is what the others are checked against.
    std::ranges::stable_sort(variants_, {}, [](const auto& v) { return v.diffuses ? 1 : 0; });
  }

  std::string subject(const Workload& workload) const override {
    return fmt::format("On a plate of {} x {} cells", workload.size, size_of(workload).columns);
  }

  std::string why_not_apart(const Workload&) const override {
    return "each step reads what neighbours wrote in the step before, in memory that all share";
  }
  std::string why_not_in_pieces(const Workload&) const override { return ""; }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t rows : rows_)
      for (const std::uint64_t depth : depths_)
        for (const DiffusionVariant& variant : variants_)
          cases.push_back({.kernel = "diffusion",
                           .variant = variant.name,
                           .size = rows,
                           .unit = "rows",
                           .parameters = {{"columns", columns_},
                                          {"depth", depth},
                                          {"edges", edges_word_},
                                          {"steps", steps_}},
                           .grain = {.min = grain_of(variant, rows, depth)},
                           .bytes_per_run = bytes_per_run(variant, rows, depth)});
    return cases;
  }

  // By the definition, over the whole plate; of `stream`, the first cells, which it only moves.
  Answer expected(const Workload& workload) const override {
    const Size size = size_of(workload);
    std::vector<double> now(size.rows * size.columns);
    fill({now.data(), size.rows, size.columns, size.columns}, {0, size.rows});
    std::vector<double> next = now;
    const std::uint64_t steps = diffusion_variant(workload.variant).diffuses ? size.steps : 0;
    const std::uint64_t columns = size.columns;
    const std::uint64_t kept = size.edges == Edges::fixed ? 1 : 0;  // rows and columns on each side
    for (std::uint64_t step = 0; step < steps; ++step) {
      for (std::uint64_t row = kept; row + kept < size.rows; ++row) {
        const double* up = &now[(row + size.rows - 1) % size.rows * columns];
        const double* centre = &now[row * columns];
        const double* down = &now[(row + 1) % size.rows * columns];
        for (std::uint64_t j = kept; j + kept < columns; ++j) {
          const double left = centre[j == 0 ? columns - 1 : j - 1];
          const double right = centre[j + 1 == columns ? 0 : j + 1];
          const double around = (up[j] + down[j]) + (left + right);
          next[row * columns + j] = centre[j] + rate * (around - 4 * centre[j]);
        }
      }
      now.swap(next);
    }
    return checksum_of({now.data(), size.rows, size.columns, size.columns});
  }

  /// Three plates.
  double memory_bytes(const Arm& arm) const override {
    const Size size = size_of(arm.workload);
    return 3.0 * static_cast<double>(size.rows) * static_cast<double>(size.columns) *
           sizeof(double);
  }

  OpenedArm open(const Arm& arm) const override {
    const std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const Size size = size_of(arm.workload);
    const DiffusionVariant variant = diffusion_variant(arm.workload.variant);
    const Chunking chunking({0, size.rows}, arm.grain);
    const auto first = std::make_shared<SharedPlate>(size);
    const auto between = std::make_shared<SharedPlate>(size);
    const auto last = std::make_shared<SharedPlate>(size);
    // Each page is first touched by who will use it.
    backend->for_chunks(chunking, [&](IndexRange rows) {
      for (const auto& plate : {first, between, last}) fill(plate->plate(), rows);
    });
    return [=]() -> Answer {
      spread_heat(*backend, chunking, variant, first->plate(), between->plate(), last->plate(),
                  rate, size.edges, size.steps, std::min(size.depth, variant.max_steps));
      return checksum_of(last->plate());
    };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string all = fmt::to_string(usable_cores());
    // 128 MiB a plate, or 32, of which a step touches two: fewer fit in many caches.
    const std::string rows = full ? "4096" : "1024";
    const std::string steps = "16";  // a whole sweep of tiled
    const std::string rounds = full ? "41" : "7";
    // Of the quick suite without processes, which are forked for every sweep and then touch each
    // page again: seconds a run.
    return {
        {"diffusion-bound",
         {"diffusion", "--rows", rows, "--steps", steps, "--variant", "all", "--backend",
          kept_threads("static"), "--workers", all, "--baseline", "first", "--rounds", rounds}},
        {"diffusion-backends",
         {"diffusion", "--rows", rows, "--steps", steps, "--variant", full ? "simd,tiled" : "simd",
          "--backend", full ? "each" : backends_of_threads(), "--workers", all, "--rounds",
          rounds}},
    };
  }

 private:
  static std::uint64_t grain_of(const DiffusionVariant& variant, std::uint64_t rows,
                                std::uint64_t depth) {
    return heat_grain(rows, steps_per_sweep(variant, depth), usable_cores()).min;
  }
  static int steps_per_sweep(const DiffusionVariant& variant, std::uint64_t depth) {
    return std::min(static_cast<int>(depth), variant.max_steps);
  }
  /// A sweep reads one plate and writes another.
  double bytes_per_run(const DiffusionVariant& variant, std::uint64_t rows,
                       std::uint64_t depth) const {
    const auto steps = static_cast<std::uint64_t>(steps_per_sweep(variant, depth));
    const std::uint64_t sweeps = (steps_ + steps - 1) / steps;
    return 2.0 * sizeof(double) * static_cast<double>(rows * columns_) *
           static_cast<double>(sweeps);
  }

  std::string rows_words_ = "4096";
  std::string columns_word_ = "4096";
  std::string steps_word_ = "16";
  std::string depth_words_ = "16";
  std::string variant_words_ = "simd";
  std::string edges_word_ = "fixed";
  std::vector<std::uint64_t> rows_, depths_;
  std::uint64_t columns_ = 0, steps_ = 0;
  std::vector<DiffusionVariant> variants_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Diffusion>();
});

}  // namespace
}  // namespace parlab
