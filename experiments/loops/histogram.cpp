// histogram: how often each key occurs. What a worker has to hand over is a whole table, or each
// addition meets those of the others.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/loops/variant_choice.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/parallel/key_tables.hpp"
#include "kernels/posix/shared_elements.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t max_keys = (std::uint64_t{1} << 32) - 1;  // a count has 32 bits
constexpr std::uint64_t max_bins = std::uint64_t{1} << 28;

struct Keys {
  std::uint64_t count, bins;
  KeyChoice choice;
};

Keys keys_of(const Workload& workload) {
  return {workload.size, workload.parameter<std::uint64_t>("bins"),
          key_choice_named(workload.parameter<std::string>("keys"))};
}

class Histogram final : public Experiment {
 public:
  std::string name() const override { return "histogram"; }
  int report_place() const override { return 27; }
  std::string question() const override {
    return "Which backend for large results that are added up: how often does each key occur?";
  }
  std::string why() const override {
    return "A key costs a read in order and an addition at a place that depends on it. Where each "
           "chunk has its own table, the tables must be cleared, and added up at the end: more "
           "chunks cost more, and large tables do not fit in the cache. Where all chunks share one "
           "table, nothing is added up, but each addition is atomic: several times as slow when it "
           "is alone, and where many keys are the same, workers wait for each other's cache line "
           "and more of them gain nothing.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--size", size_words_, "keys; a list for a sweep [16Mi]");
    app.add_option("--bins", bins_words_, "different keys; or a list [65536]");
    app.add_option("--keys", key_words_,
                   "uniform; skewed: a few keys are most of them; or a list [uniform]");
    app.add_option("--variant", variant_words_,
                   "partials: a table a chunk, added up; atomic: one table for all; a list, or "
                   "'all' [partials]");
  }
  void check_options() override {
    sizes_ = parse_quantities("--size", size_words_, 1, max_keys);
    bins_ = parse_quantities("--bins", bins_words_, 1, max_bins);
    for (const std::string& name : split_list(key_words_)) key_choice_named(name);
    variants_ = chosen_variants(variant_words_, histogram_variants(), histogram_variant);
  }

  std::string subject(const Workload& workload) const override {
    return fmt::format("With {} {} keys", short_number(workload.size),
                       workload.parameter<std::string>("keys"));
  }

  std::string why_not_apart(const Workload&) const override {
    return "each chunk counts into a table in memory that all share";
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t size : sizes_)
      for (const std::uint64_t bins : bins_)
        for (const std::string& keys : split_list(key_words_))
          for (const HistogramVariant& variant : variants_)
            cases.push_back({.kernel = "histogram",
                             .variant = variant.name,
                             .size = size,
                             .unit = "keys",
                             .parameters = {{"bins", bins}, {"keys", keys}},
                             .grain = histogram_grain(variant, bins),
                             .bytes_per_run = static_cast<double>(size) * sizeof(std::uint32_t)});
    return cases;
  }

  // Without a list of keys, from the last one to the first.
  Answer expected(const Workload& workload) const override {
    const Keys keys = keys_of(workload);
    std::vector<std::uint32_t> counts(keys.bins);
    for (std::uint64_t i = keys.count; i > 0; --i)
      ++counts[example_key(i - 1, keys.bins, keys.choice)];
    return checksum_text(mark_of_counts(counts.data(), keys.bins));
  }

  double memory_bytes(const Arm& arm) const override {
    const Keys keys = keys_of(arm.workload);
    const Chunking chunking({0, keys.count}, arm.grain);
    const std::uint64_t tables = tables_for(histogram_variant(arm.workload.variant), chunking) + 1;
    return sizeof(std::uint32_t) * (static_cast<double>(keys.count) +
                                    static_cast<double>(tables) * static_cast<double>(keys.bins));
  }

  OpenedArm open(const Arm& arm) const override {
    const std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const HistogramVariant variant = histogram_variant(arm.workload.variant);
    const Keys keys = keys_of(arm.workload);
    const Chunking chunking({0, keys.count}, arm.grain);
    using Numbers = SharedElements<std::uint32_t>;
    const auto list = std::make_shared<Numbers>(keys.count);
    const auto counts = std::make_shared<Numbers>(keys.bins);
    const auto tables = std::make_shared<Numbers>(tables_for(variant, chunking) * keys.bins);
    // Each page is first touched by who will use it.
    backend->for_chunks(chunking, [&](IndexRange some) {
      for (std::uint64_t i = some.begin; i < some.end; ++i)
        (*list)[i] = example_key(i, keys.bins, keys.choice);
    });
    OpenedArm opened([=]() -> Answer {
      count_all_keys(*backend, chunking, variant, list->data(), keys.bins, tables->data(),
                     counts->data());
      return {};
    });
    opened.conclude = [=] { return checksum_text(mark_of_counts(counts->data(), keys.bins)); };
    return opened;
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string all = fmt::to_string(usable_cores());
    const std::string rounds = full ? "41" : "7";
    std::vector<SuiteEntry> entries = {
        {"histogram-backends",
         {"histogram", "--size", full ? "64Mi" : "8Mi", "--backend", full ? "all" : "each",
          "--workers", full ? worker_counts() : all, "--rounds", rounds}}};
    if (full)
      entries.push_back(
          {"histogram-variants",
           {"histogram", "--size", "16Mi", "--bins", "256,65536,4Mi", "--keys", "uniform,skewed",
            "--variant", "all", "--backend", "each", "--workers", all, "--rounds", "21"}});
    return entries;
  }

 private:
  std::string size_words_ = "16Mi";
  std::string bins_words_ = "65536";
  std::string key_words_ = "uniform";
  std::string variant_words_ = "partials";
  std::vector<std::uint64_t> sizes_, bins_;
  std::vector<HistogramVariant> variants_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Histogram>();
});

}  // namespace
}  // namespace parlab
