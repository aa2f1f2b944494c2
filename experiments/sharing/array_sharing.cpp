// shared_array: one array in memory that all processes see. Its rows are filled and summed up by
// workers; that nothing is copied is shown by what the kernel counts as each process's share.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <optional>

#include "experiments/base/experiment.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "experiments/sharing/process_memory.hpp"
#include "experiments/sharing/shared_rows.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/machine/machine.hpp"
#include "kernels/numerics/stream/stream_operations.hpp"

namespace parlab {
namespace {

constexpr double gibibyte = 1024.0 * 1024.0 * 1024.0;

/// Part of the free memory that an array takes where --gib is not given, and at most.
constexpr double default_share = 1.0 / 16;
constexpr double max_default_gib = 0.25;

constexpr double min_bytes = 1 << 20;
constexpr double max_bytes = 1ULL << 46;

struct Method {
  const char* name;
  const char* what;
};
constexpr std::array<Method, 6> methods = {{
    {"memset", "all bytes 0, by the C library, the pages touched before"},
    {"fill", "each row its number, by a plain loop"},
    {"sum", "all rows summed up"},
    {"triad", "STREAM's a = b + s c, three arrays in one"},
    {"first_touch", "fill, in pages that nobody has touched yet"},
    {"populated", "populate(), then fill, in pages that nobody has touched yet"},
}};

class SharedArrayExperiment final : public Experiment {
 public:
  std::string name() const override { return "shared_array"; }
  int report_place() const override { return 47; }
  std::string question() const override {
    return "How fast do processes fill and read one array that they share, and is any of it "
           "copied?";
  }
  std::string why() const override {
    return "Memory that is mapped shared is the same pages in every process: a write is a write, "
           "at the speed of memory, and nothing is sent. What costs is the first touch of each "
           "page: the kernel finds a page, zeroes it and maps it, 4 KiB at a time, in the worker "
           "that happens to touch it; populate() asks for all of them at once. Each further "
           "process still maps each page for itself, by a smaller fault. The share of a page that "
           "the kernel counts for each process (PSS) is the page over the number of processes "
           "that map it, so that the shares add up to the array once, not once for each process.";
  }

  bool compares_methods() const override { return true; }

  void add_options(CLI::App& app) override {
    std::string names;
    for (const Method& method : methods)
      names += fmt::format("{}{}: {}", names.empty() ? "" : "; ", method.name, method.what);
    app.add_option("--ways", methods_words_,
                   fmt::format("a list, of which the first is the baseline [all]. {}", names));
    app.add_option("--gib", gib_words_,
                   "size of the array in GiB; the book has 6 [1/16 of the free memory, at "
                   "most 0.25]");
    app.add_option("--processes", processes_words_,
                   "processes that share the array; or a list [1 and the usable cores]");
  }
  void check_options() override {
    const std::vector<std::string> names = names_of(methods);
    methods_ = methods_words_.empty() ? names : split_list(methods_words_);
    for (const std::string& method : methods_) require_known("--ways", method, names);
    processes_ = processes_words_.empty()
                     ? std::vector<std::uint64_t>{1}
                     : parse_quantities("--processes", processes_words_, 1, 1024);
    if (processes_words_.empty() && usable_cores() > 1) processes_.push_back(usable_cores());
    read_size();
  }

  std::string subject(const Workload& workload) const override {
    const auto processes = workload.parameter<std::uint64_t>("processes");
    return fmt::format("For {:.3g} GiB in {} process{}",
                       static_cast<double>(workload.size) / gibibyte, processes,
                       processes == 1 ? "" : "es");
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t processes : processes_)
      for (const std::string& method : methods_)
        cases.push_back({.kernel = "shared_array",
                         .variant = method,
                         .size = array_bytes(),
                         .unit = "bytes",
                         .parameters = {{"processes", processes}},
                         .bytes_per_run = static_cast<double>(array_bytes())});
    return cases;
  }

  // The sum of the rows' numbers, each as often as a row is long: exact in doubles.
  Answer expected(const Workload& workload) const override {
    double sum = 0;
    for (std::uint64_t row = 0; row < rows_; ++row) {
      const auto number = static_cast<double>(row);
      if (workload.variant == "triad" && row % 3 == 0)
        sum += (number + 1) + stream_factor * (number + 2);
      else if (workload.variant != "memset")
        sum += number;
    }
    return sum * static_cast<double>(SharedRows::row_doubles);
  }

  /// Those that want fresh pages give theirs back while they rest.
  double memory_bytes(const Arm& arm) const override {
    const bool keeps = arm.workload.variant != "first_touch" && arm.workload.variant != "populated";
    return keeps ? static_cast<double>(arm.workload.size) : 0;
  }

  OpenedArm open(const Arm& arm) const override {
    const auto rows = std::make_shared<SharedRows>(arm.workload.variant, rows_,
                                                   arm.workload.parameter<int>("processes"));
    return OpenedArm([=]() -> Answer { return rows->run(); },
                     [=]() -> nlohmann::json {
                       const ProcessMemory memory = rows->after_sample();
                       return {{"workers_pss_bytes", memory.pss_bytes},
                               {"workers_rss_bytes", memory.rss_bytes},
                               {"workers_private_bytes", memory.private_bytes}};
                     });
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    return {{"shared-array",
             {"shared_array", "--gib", full ? "0.25" : "0.0625", "--rounds", full ? "21" : "7"}}};
  }

 private:
  std::uint64_t array_bytes() const { return rows_ * SharedRows::row_doubles * sizeof(double); }
  void read_size() {
    const std::optional<std::uint64_t> free = Machine().memory_bytes("MemAvailable");
    double gib = max_default_gib;
    if (gib_words_.empty()) {
      if (free) gib = std::min(gib, static_cast<double>(*free) * default_share / gibibyte);
    } else {
      try {
        std::size_t read = 0;
        gib = std::stod(gib_words_, &read);
        if (read != gib_words_.size()) throw std::invalid_argument("trailing text");
      } catch (const std::exception&) {
        throw UsageError(fmt::format("--gib: '{}' is not a number of GiB", gib_words_));
      }
    }
    const double bytes = gib * gibibyte;
    if (!(bytes >= min_bytes && bytes <= max_bytes))
      throw UsageError(fmt::format("--gib: '{}' is out of range; it must be from {:.2g} to {:.0f}",
                                   gib_words_, min_bytes / gibibyte, max_bytes / gibibyte));
    if (free && bytes > static_cast<double>(*free))
      throw UsageError(
          fmt::format("--gib: an array of {:.3g} GiB does not fit the {:.3g} GiB of "
                      "memory that are free; make it smaller",
                      gib, static_cast<double>(*free) / gibibyte));
    rows_ = std::max<std::uint64_t>(
        static_cast<std::uint64_t>(bytes) / (SharedRows::row_doubles * sizeof(double)) / 3 * 3, 3);
  }

  std::string methods_words_, gib_words_, processes_words_;
  std::vector<std::string> methods_;
  std::vector<std::uint64_t> processes_;
  std::uint64_t rows_ = 0;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<SharedArrayExperiment>();
});

}  // namespace
}  // namespace parlab
