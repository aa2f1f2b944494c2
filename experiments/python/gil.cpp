// gil: what CPython's lock makes of threads: that compute in C with the lock held, or released, in
// bytecode, in processes; and how long a thread waits for it that only reads messages.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "experiments/python/pythons.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"

namespace parlab {
namespace {

constexpr char script[] =
#include "gil_threads.inc"
    ;

/// `how` and `load` are the script's first arguments.
struct Method {
  const char* work;
  const char* name;
  const char* how;
  const char* load;
  bool free_threaded = false;
};
/// The first of each work is the baseline of its others.
constexpr Method methods[] = {
    {"C", "in one thread", "one", "held"},
    {"C", "in two threads (lock held)", "threads", "held"},
    {"C", "in two threads (lock released)", "threads", "released"},
    {"C", "in two processes", "processes", "held"},
    {"bytecode", "in one thread", "one", "bytecode"},
    {"bytecode", "in two threads", "threads", "bytecode"},
    {"bytecode", "in two threads (free-threaded)", "threads", "bytecode", true},
    {"bytecode", "in two processes", "processes", "bytecode"},
    {"messages", "alone", "io", "none"},
    {"messages", "beside C (lock released)", "io", "released"},
    {"messages", "beside C (lock held)", "io", "held"},
    {"messages", "beside bytecode", "io", "bytecode"},
    {"messages", "beside bytecode (free-threaded)", "io", "bytecode", true},
};

/// Some 3 to 4 ms of a core each.
constexpr std::uint64_t darts_per_piece = 8'000'000;
constexpr std::uint64_t turns_per_piece = 40'000;

std::uint64_t size_of_piece(const Method& method) {
  return std::string_view(method.load) == "bytecode" ? turns_per_piece : darts_per_piece;
}

bool reads_messages(const Method& method) { return std::string_view(method.how) == "io"; }

std::string name_of(const Method& method) { return fmt::format("{} {}", method.work, method.name); }

const Method& method_of(const Workload& workload) {
  return *std::ranges::find(methods, workload.variant, name_of);
}

std::string cores_word(std::uint64_t cores) {
  return fmt::format("{} core{}", cores, cores == 1 ? "" : "s");
}

std::uint64_t hits(std::uint64_t piece) {
  for (const DartVariant& variant : dart_variants())
    if (variant.name == "scalar") return variant.count_inside({0, darts_per_piece}, piece);
  throw std::logic_error("no variant scalar");
}

std::uint64_t last_value(std::uint64_t piece) {
  std::uint64_t value = piece;
  for (std::uint64_t turn = 0; turn < turns_per_piece; ++turn)
    value = (5 * value + piece) % 2147483647;
  return value;
}

/// 5.12e-3 as "5.12 ms".
std::string milliseconds(double seconds) { return fmt::format("{:.3g} ms", 1e3 * seconds); }

class Gil final : public Experiment {
 public:
  std::string name() const override { return "gil"; }
  int report_place() const override { return 28; }
  std::string question() const override {
    return "What does CPython's lock cost threads that compute, and one that waits for messages?";
  }
  std::string why() const override {
    return "CPython has one lock, the GIL, and a thread runs Python only while it holds it. A call "
           "into C may release it: then another thread runs beside it, on another core if there is "
           "one. A call that keeps it makes the threads take turns, however many cores there are, "
           "and so does bytecode. Who wants the lock waits 5 ms, the switch interval, then asks "
           "for it; bytecode gives it up at once, a call of C only when it is over. That is how "
           "long a message waits whose thread has nothing to do but read it, and each further "
           "read or write of that thread, for which it releases the lock, waits again. Processes "
           "have a lock each." +
           without_lock();
  }

  void add_options(CLI::App& app) override {
    app.add_option("--pieces", pieces_word_,
                   "pieces of work per run, some 3 ms each, or messages, 11 ms apart [8]");
    app.add_option("--cores", cores_words_, "cores that Python may use; a list [1 and 2]");
  }
  void check_options() override {
    pieces_ = parse_quantity("--pieces", pieces_word_, 2, 100'000);
    const auto usable = static_cast<std::uint64_t>(usable_cores());
    cores_ = cores_words_.empty() ? std::vector<std::uint64_t>{1}
                                  : parse_quantities("--cores", cores_words_, 1, usable);
    if (cores_words_.empty() && usable > 1) cores_.push_back(2);
    python_ = locked_python();
    if (python_.version.empty()) throw UsageError("gil: " + python_.why);
    free_ = free_threaded_python();
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets the environment
    if (free_.version.empty() && std::getenv("PARLAB_PYTHON_FREE") != nullptr)
      throw UsageError("gil: " + free_.why);
  }
  bool compares_methods() const override { return true; }

  std::string subject(const Workload& workload) const override {
    return fmt::format("In CPython {}{} on {},", python_.version,
                       method_of(workload).free_threaded ? " and " + free_.version : "",
                       workload.parameter<std::string>("cores"));
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::uint64_t cores : cores_)
      for (const Method& method : methods) {
        if (method.free_threaded && free_.version.empty()) continue;
        const bool reads = reads_messages(method);
        cases.push_back({.kernel = "gil",
                         .variant = name_of(method),
                         .size = pieces_,
                         .unit = reads ? "messages" : "pieces",
                         .parameters = {{"cores", cores_word(cores)}},
                         .task = fmt::format("{} on {}", method.work, cores_word(cores)),
                         .externally_timed = reads});
      }
    return cases;
  }

  bool each_has_headline(const Workload& workload) const override {
    return on_most_cores(workload);
  }

  std::string remark(const Workload& workload,
                     const std::vector<nlohmann::json>& rounds) const override {
    if (!workload.externally_timed || !on_most_cores(workload)) return "";
    std::vector<double> medians;
    double worst = 0;
    for (const nlohmann::json& round : rounds) {
      medians.push_back(round.at("delay_median_seconds"));
      worst = std::max(worst, round.at("delay_worst_seconds").get<double>());
    }
    return fmt::format("{} {} wait {} (median) until their thread reads them, at worst {}",
                       subject(workload), workload.variant,
                       milliseconds(median(std::move(medians))), milliseconds(worst));
  }

  Answer expected(const Workload& workload) const override {
    const Method& method = method_of(workload);
    if (reads_messages(method)) return workload.size;
    const auto answer_of = std::string_view(method.work) == "C" ? hits : last_value;
    return map_reduce(
        *make_backend({"threads", "dynamic", usable_cores()}), Chunking({0, workload.size}, 1),
        std::uint64_t{0}, [&](IndexRange piece) { return answer_of(piece.begin); }, std::plus<>());
  }

  OpenedArm open(const Arm& arm) const override {
    const Workload& workload = arm.workload;
    const Method& method = method_of(workload);
    const auto cores = workload.parameter<std::string>("cores");
    const auto python =
        start_python(method.free_threaded ? free_.program : python_.program, script,
                     {method.how, method.load, cores.substr(0, cores.find(' ')),
                      fmt::to_string(workload.size), fmt::to_string(size_of_piece(method))});
    const auto last = std::make_shared<nlohmann::json>(nlohmann::json::object());
    const auto run = [=]() -> Answer {
      nlohmann::json line = nlohmann::json::parse(python->ask(""));
      // The trace comes with the first run that is timed.
      for (const auto& [name, value] : line.at("metrics").items()) (*last)[name] = value;
      return line.at("answer");
    };
    return {run, [last] {
              nlohmann::json told = *last;
              last->clear();
              return told;
            }};
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    if (locked_python().version.empty()) return {};
    if (profile == Profile::full) return {{"gil", {"gil", "--rounds", "41"}}};
    const std::string cores = fmt::to_string(std::min(2, usable_cores()));
    return {{"gil", {"gil", "--pieces", "4", "--cores", cores, "--rounds", "7"}}};
  }

 private:
  bool on_most_cores(const Workload& workload) const {
    return workload.parameter<std::string>("cores") == cores_word(std::ranges::max(cores_));
  }

  std::string without_lock() const {
    if (!free_.version.empty()) return " A free-threaded Python has none.";
    return free_.why.empty()
               ? ""
               : " Python's free-threaded build, which has none, did not take part: " + free_.why +
                     ".";
  }

  std::string pieces_word_ = "8";
  std::string cores_words_;
  std::uint64_t pieces_ = 0;
  std::vector<std::uint64_t> cores_;
  CPython python_, free_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Gil>();
});

}  // namespace
}  // namespace parlab
