// stream: what memory delivers: bytes a second to loops that only move them, and nanoseconds to a
// load that waits for the one before. The bound of every loop that goes through memory.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <bit>
#include <functional>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/options/backend_choice.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/machine/machine.hpp"
#include "kernels/numerics/stream/pointer_chase.hpp"
#include "kernels/numerics/stream/stream_operations.hpp"
#include "kernels/posix/shared_elements.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t min_bytes = 4096;
constexpr std::uint64_t max_bytes = std::uint64_t{1} << 40;
constexpr double mebibyte = 1 << 20;

/// An array of the default size is this many times the last cache: with the others beside it, next
/// to nothing of it is there when it is read again.
constexpr std::uint64_t caches_per_array = 2;
constexpr std::uint64_t min_default_bytes = std::uint64_t{32} << 20;

/// Loads of a chunk, at least: what the processor overlaps of two chunks is lost among them.
constexpr std::uint64_t min_loads = 4096;
/// Elements of a chunk: whole lines, and some 10 us.
constexpr GrainLimits stream_grain{.min = 8192, .step = 8};

constexpr char latency[] = "latency";
constexpr const char* stores_names[] = {"plain", "bypass"};

std::vector<std::string> kernel_names() {
  std::vector<std::string> names = names_of(stream_operations());
  names.emplace_back(latency);
  return names;
}

/// What an element holds at first: whole numbers, so that every operation on them is exact.
std::uint64_t first_number(char array, std::uint64_t i) {
  return (i + static_cast<std::uint64_t>(array)) * 0x9E3779B97F4A7C15 >> 44;
}

/// Of all elements in their places.
std::uint64_t weighted(std::uint64_t i, double element) {
  return std::bit_cast<std::uint64_t>(element) * (2 * i + 1);
}
class Stream final : public Experiment {
 public:
  std::string name() const override { return "stream"; }
  int report_place() const override { return 25; }
  std::string question() const override {
    return "What does memory deliver: bytes a second, and nanoseconds a load?";
  }
  std::string why() const override {
    return "The loops copy, scale, add and triad compute next to nothing, so their time is that of "
           "the bytes they move: no loop that moves the same bytes is faster. One core has only so "
           "many loads under way at once, so more workers gain until the memory itself is busy, "
           "which is often before all cores work. A plain store reads the line before it writes "
           "it; one past the cache does not, and moves a third to a half more that counts. In "
           "latency each load waits for the one before it: what a list, a tree or a hash table "
           "pays for each step once it does not fit in the cache.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--kernel", kernel_words_,
                   "copy, scale, add, triad, latency, a list, or 'all' [all]");
    app.add_option("--bytes", bytes_words_,
                   "bytes of each array, or of the list of latency, which is the next power of two "
                   "below; several for a sweep through the caches: 16Ki,1Mi,64Mi [twice the last "
                   "cache, at least 32Mi]");
    app.add_option("--stores", stores_words_,
                   "plain, or bypass (past the cache), or both [plain,bypass]");
  }
  void check_options() override {
    for (const std::string& name : split_list(kernel_words_)) {
      if (name != "all") require_known("kernel", name, kernel_names());
      for (const std::string& known : kernel_names())
        if (name == "all" || name == known) kernels_.push_back(known);
    }
    // First the one that the sentences are on.
    std::ranges::stable_sort(kernels_, {}, [](const auto& name) { return name != "triad"; });
    stores_ = split_list(stores_words_);
    for (const std::string& name : stores_)
      require_known("--stores", name, {std::begin(stores_names), std::end(stores_names)});
    bytes_ = bytes_words_.empty() ? std::vector{default_bytes()}
                                  : parse_quantities("--bytes", bytes_words_, min_bytes, max_bytes);
  }

  std::string subject(const Workload& workload) const override {
    const std::uint64_t place = workload.variant == latency ? sizeof(ChaseCell) : sizeof(double);
    const double bytes = static_cast<double>(workload.size * place);
    const std::string size = bytes < mebibyte ? fmt::format("{:.3g} KiB", bytes / 1024)
                                              : fmt::format("{:.4g} MiB", bytes / mebibyte);
    if (workload.variant == latency) return "For loads all over " + size;
    return fmt::format("For {} on arrays of {}", workload.variant, size);
  }

  std::string why_not_apart(const Workload&) const override {
    return "it measures the memory that its workers share";
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t bytes : bytes_) {
      for (const std::string& kernel : kernels_) {
        if (kernel == latency)
          cases.push_back(latency_case(bytes));
        else
          for (const std::string& stores : stores_)
            cases.push_back(operation_case(stream_operation(kernel), bytes, stores));
      }
    }
    return cases;
  }

  // In whole numbers; of latency, in which every cell is visited once, by the sum of all.
  Answer expected(const Workload& workload) const override {
    std::uint64_t sum = 0;
    if (workload.variant == latency) {
      for (std::uint64_t cell = 0; cell < workload.size; ++cell) sum += cell;
      return sum;
    }
    for (std::uint64_t i = 0; i < workload.size; ++i) {
      const std::uint64_t a = first_number('a', i);
      const std::uint64_t b = first_number('b', i);
      const std::uint64_t c = first_number('c', i);
      const std::uint64_t result = workload.variant == "copy"    ? a
                                   : workload.variant == "scale" ? 3 * c
                                   : workload.variant == "add"   ? a + b
                                                                 : b + 3 * c;
      sum += weighted(i, static_cast<double>(result));
    }
    return checksum_text(sum);
  }

  double memory_bytes(const Arm& arm) const override {
    const auto size = static_cast<double>(arm.workload.size);
    return arm.workload.variant == latency ? size * sizeof(ChaseCell) : arm.workload.bytes_per_run;
  }

  OpenedArm open(const Arm& arm) const override {
    return arm.workload.variant == latency ? open_latency(arm) : open_operation(arm);
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    // Quick: what bounds the other loops, no more: its arrays take long to make.
    return {
        {"stream",
         {"stream", "--kernel", full ? "all" : "triad,latency", "--stores",
          full ? "plain,bypass" : "bypass", "--backend",
          full ? backends_of_threads() : kept_threads("static"), "--workers",
          full ? worker_counts() : fmt::to_string(usable_cores()), "--rounds", full ? "21" : "7"}}};
  }

 private:
  static std::uint64_t default_bytes() {
    const Machine machine;
    std::uint64_t last_cache = 0;
    for (const auto& [level, bytes] : machine.caches()) last_cache = std::max(last_cache, bytes);
    const std::uint64_t bytes = std::max(caches_per_array * last_cache, min_default_bytes);
    // Three arrays in a quarter of what is free: a small machine measures with less.
    const auto free = machine.memory_bytes("MemAvailable");
    return free ? std::max(std::min(bytes, *free / 12), min_bytes) : bytes;
  }

  static Workload operation_case(const StreamOperation& operation, std::uint64_t bytes,
                                 const std::string& stores) {
    const std::uint64_t size = bytes / sizeof(double);
    return {.kernel = "stream",
            .variant = operation.name,
            .size = size,
            .unit = "elements",
            .parameters = {{"stores", stores}},
            .grain = stream_grain,
            .bytes_per_run = operation.bytes_per_element() * static_cast<double>(size),
            .flops_per_run = operation.flops * static_cast<double>(size)};
  }
  static Workload latency_case(std::uint64_t bytes) {
    const std::uint64_t size = std::bit_floor(bytes / sizeof(ChaseCell));
    return {.kernel = "stream",
            .variant = latency,
            .size = size,
            .unit = "loads",
            .grain = {.min = min_loads},
            .loads_per_run = static_cast<double>(size)};
  }

  static OpenedArm open_operation(const Arm& arm) {
    const std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const StreamOperation operation = stream_operation(arm.workload.variant);
    const Stores stores =
        arm.workload.parameter<std::string>("stores") == "bypass" ? Stores::bypass : Stores::plain;
    const std::uint64_t size = arm.workload.size;
    const Chunking chunking({0, size}, arm.grain);
    std::vector<std::shared_ptr<SharedElements<double>>> memory;
    StreamArrays arrays;
    for (const auto& [name, array] :
         {std::pair{'a', &arrays.a}, std::pair{'b', &arrays.b}, std::pair{'c', &arrays.c}}) {
      const bool reads = operation.reads.find(name) != std::string::npos;
      if (!reads && name != operation.writes) continue;
      memory.push_back(std::make_shared<SharedElements<double>>(size));
      double* elements = *array = memory.back()->data();
      // Each page is first touched by who will use it.
      backend->for_chunks(chunking, [=, name = name](IndexRange range) {
        for (std::uint64_t i = range.begin; i < range.end; ++i)
          elements[i] = reads ? static_cast<double>(first_number(name, i)) : -1;
      });
    }
    OpenedArm opened([=]() -> Answer {
      backend->for_chunks(chunking,
                          [&](IndexRange range) { operation.run(arrays, range, stores); });
      return {};
    });
    const double* written = operation.writes == 'a'   ? arrays.a
                            : operation.writes == 'b' ? arrays.b
                                                      : arrays.c;
    opened.conclude = [=, memory = std::move(memory)] {
      std::uint64_t sum = 0;
      for (std::uint64_t i = 0; i < size; ++i) sum += weighted(i, written[i]);
      return checksum_text(sum);
    };
    return opened;
  }

  static OpenedArm open_latency(const Arm& arm) {
    const std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const ChaseOrder order(std::countr_zero(arm.workload.size));
    const Chunking chunking({0, arm.workload.size}, arm.grain);
    const auto cells = std::make_shared<SharedElements<ChaseCell>>(arm.workload.size);
    backend->for_chunks(chunking,
                        [&](IndexRange steps) { link_cells(order, steps, cells->data()); });
    return [=]() -> Answer {
      return map_reduce(
          *backend, chunking, std::uint64_t{0},
          [&](IndexRange steps) { return chase(order, steps, cells->data()); }, std::plus<>());
    };
  }

  std::string kernel_words_ = "all";
  std::string bytes_words_;
  std::string stores_words_ = "plain,bypass";
  std::vector<std::string> kernels_, stores_;
  std::vector<std::uint64_t> bytes_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Stream>();
});

}  // namespace
}  // namespace parlab
