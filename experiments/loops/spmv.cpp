// spmv: a sparse matrix times a vector. Rows differ in length, and each nonzero gathers an element
// from somewhere: uneven work at the limit of memory.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/loops/variant_choice.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/numerics/sparse/sparse_system.hpp"
#include "kernels/parallel/sparse_product.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t max_nonzeros = (std::uint64_t{1} << 31) - 1;  // indices have 31 bits
constexpr std::uint64_t max_rows = std::uint64_t{1} << 27;

struct Variant {
  const char* name;
  SparseSplit split;
};
constexpr Variant variants[] = {{"rows", SparseSplit::rows}, {"places", SparseSplit::places}};

SparseExample example_of(const Workload& workload) {
  return {workload.parameter<std::uint64_t>("rows"), workload.parameter<std::uint64_t>("per_row"),
          row_lengths_named(workload.parameter<std::string>("lengths"))};
}
SparseSplit split_of(const Workload& workload) {
  return entry_named(variants, "variant", workload.variant).split;
}

class Spmv final : public Experiment {
 public:
  std::string name() const override { return "spmv"; }
  int report_place() const override { return 27; }
  std::string question() const override {
    return "Which backend where rows are uneven and memory is the bound: a sparse matrix times a "
           "vector?";
  }
  std::string why() const override {
    return "A nonzero is two operations against twelve bytes that are read in order and eight that "
           "are gathered from the vector, so memory is the bound: the vector decides, by whether "
           "it fits in the cache. The first rows are long and the last short, as in a graph whose "
           "nodes are ordered by degree: as many rows for each worker is far from the same work, "
           "and a static share waits for the first. A dynamic schedule evens that out; to cut by "
           "places, rows and nonzeros counted together, does so for any schedule, at the cost of a "
           "search for the first row of each chunk.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--rows", rows_words_,
                   "rows and columns of the matrix; a list for a sweep [1Mi]");
    app.add_option("--per-row", per_row_word_, "nonzeros of a row, the mean [16]");
    app.add_option("--lengths", length_words_,
                   "uneven: long rows first; even: all the same; or a list [uneven]");
    app.add_option("--variant", variant_words_,
                   "rows: chunks of as many rows; places: of as many rows and nonzeros; a list, or "
                   "'all' [rows]");
  }
  void check_options() override {
    rows_ = parse_quantities("--rows", rows_words_, 1, max_rows);
    per_row_ = parse_quantity("--per-row", per_row_word_, 1, max_rows);
    for (const std::uint64_t rows : rows_) {
      if (per_row_ > rows)
        throw UsageError(
            fmt::format("--per-row: a row of {} columns has no {} nonzeros; choose "
                        "fewer, or more --rows",
                        rows, per_row_));
      if (rows > max_nonzeros / per_row_)
        throw UsageError(
            fmt::format("--rows: {} rows of {} nonzeros are more than {} nonzeros; choose fewer "
                        "rows, or a smaller --per-row",
                        rows, per_row_, max_nonzeros));
    }
    for (const std::string& name : split_list(length_words_)) row_lengths_named(name);
    names_ = chosen_variants(variant_words_, names_of(variants), [](const std::string& name) {
      return std::string(entry_named(variants, "variant", name).name);
    });
  }

  std::string subject(const Workload& workload) const override {
    const SparseExample example = example_of(workload);
    return fmt::format("For {} {} rows of {} nonzeros, cut by {},", short_number(example.rows),
                       workload.parameter<std::string>("lengths"), example.mean_length,
                       workload.variant);
  }

  std::string why_not_apart(const Workload&) const override {
    return "each chunk writes its rows of the result to memory that all share";
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t rows : rows_) {
      for (const std::string& lengths : split_list(length_words_)) {
        const SparseSize size = SparseExample{rows, per_row_, row_lengths_named(lengths)}.size();
        for (const std::string& name : names_) {
          const SparseSplit split = entry_named(variants, "variant", name).split;
          cases.push_back(
              {.kernel = "spmv",
               .variant = name,
               .size = indices_of(size, split),
               .unit = name,
               .parameters = {{"lengths", lengths}, {"per_row", per_row_}, {"rows", rows}},
               .grain = sparse_grain(size, split),
               .bytes_per_run = bytes_of(size),
               .flops_per_run = 2 * static_cast<double>(size.nonzeros)});
        }
      }
    }
    return cases;
  }

  // Row by row in whole numbers, without a matrix.
  Answer expected(const Workload& workload) const override {
    return checksum_text(mark_in_whole_numbers(example_of(workload)));
  }

  double memory_bytes(const Arm& arm) const override { return arm.workload.bytes_per_run; }

  OpenedArm open(const Arm& arm) const override {
    const std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const SparseSplit split = split_of(arm.workload);
    const auto system = std::make_shared<SparseSystem>(example_of(arm.workload));
    const SparseRows matrix = system->matrix();
    const Chunking chunking({0, arm.workload.size}, arm.grain);
    // Each page is first touched by who will use it.
    backend->for_chunks(chunking, [&](IndexRange some) {
      system->fill(split == SparseSplit::rows ? some : rows_that_begin_in(matrix, some));
    });
    OpenedArm opened([=]() -> Answer {
      multiply(*backend, chunking, split, matrix, system->x(), system->y());
      return {};
    });
    opened.conclude = [=] { return checksum_text(mark_of_product(system->y(), matrix.rows)); };
    return opened;
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string all = fmt::to_string(usable_cores());
    return {{"spmv-backends",
             {"spmv", "--rows", full ? "1Mi" : "128Ki", "--variant", "rows,places", "--backend",
              full ? "all" : "each", "--workers", all, "--rounds", full ? "41" : "7"}}};
  }

 private:
  /// The matrix and each vector once.
  static double bytes_of(const SparseSize& size) {
    const auto nonzeros = static_cast<double>(size.nonzeros);
    const auto rows = static_cast<double>(size.rows);
    return nonzeros * (sizeof(double) + sizeof(std::int32_t)) +
           rows * (2 * sizeof(double) + sizeof(std::int32_t));
  }

  std::string rows_words_ = "1Mi";
  std::string per_row_word_ = "16";
  std::string length_words_ = "uneven";
  std::string variant_words_ = "rows";
  std::vector<std::uint64_t> rows_;
  std::uint64_t per_row_ = 16;
  std::vector<std::string> names_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Spmv>();
});

}  // namespace
}  // namespace parlab
