// gil: what CPython's lock makes of threads: that compute in C with the lock held, or released, in
// bytecode, in processes; and how long a thread waits for it that only reads messages.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <vector>

#include "experiments/command_line/quantity.hpp"
#include "experiments/experiment.hpp"
#include "experiments/measure/usable_cores.hpp"
#include "experiments/python_line.hpp"
#include "kernels/errors.hpp"
#include "kernels/numerics/monte_carlo.hpp"

namespace parlab {
namespace {

constexpr char script[] =
#include "gil_threads.inc"
    ;

struct Way {
  const char* name;
  const char* work;  // "kernel", "bytecode" or "io"
};
/// The first of each work is the baseline of its others.
constexpr Way ways[] = {
    {"one thread", "kernel"},
    {"threads, lock held", "kernel"},
    {"threads, lock released", "kernel"},
    {"processes", "kernel"},
    {"one thread", "bytecode"},
    {"threads", "bytecode"},
    {"processes", "bytecode"},
    {"I/O alone", "io"},
    {"I/O beside lock held", "io"},
    {"I/O beside lock released", "io"},
    {"I/O beside bytecode", "io"},
};

/// Some 3 ms of a core each: as long as a thread keeps the lock, or longer.
constexpr std::uint64_t darts_a_piece = 4'000'000;
constexpr std::uint64_t turns_a_piece = 30'000;

std::uint64_t size_of_piece(const Way& way) {
  const std::string_view name = way.name;
  const bool bytecode = std::string_view(way.work) == "bytecode" || name.ends_with("bytecode");
  return bytecode ? turns_a_piece : darts_a_piece;
}

/// The Python's version; "" where there is none that can import parlab.
std::string python_version() {
  return python_answer(
      "import sys, parlab\nprint('%d.%d%s' % (*sys.version_info[:2], '' if getattr(sys, "
      "'_is_gil_enabled', lambda: True)() else 't'))");
}

class Gil final : public Experiment {
 public:
  std::string name() const override { return "gil"; }
  int report_place() const override { return 28; }
  std::string question() const override {
    return "What does CPython's lock cost threads that compute, and one that waits for messages?";
  }
  std::string why() const override {
    return "One thread at a time runs Python. An extension that keeps the lock while it computes "
           "makes "
           "its threads take turns, however many cores there are; one that releases it lets them "
           "run "
           "side by side. Bytecode gives the lock up only when asked, 5 ms after another thread "
           "wants "
           "it: so long a thread waits that has a message to read, and beside a call that keeps "
           "the "
           "lock it waits for the whole call. Processes have a lock each.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--pieces", pieces_word_,
                   "pieces of work, or messages, of a run; some 3 ms each [16]");
    app.add_option("--cores", cores_words_, "cores that Python may use, a list [1 and 2]");
  }
  void check_options() override {
    pieces_ = parse_quantity("--pieces", pieces_word_, 2, 100'000);
    const auto usable = static_cast<std::uint64_t>(usable_cores());
    cores_ = cores_words_.empty() ? std::vector<std::uint64_t>{1}
                                  : parse_quantities("--cores", cores_words_, 1, usable);
    if (cores_words_.empty() && usable > 1) cores_.push_back(2);
    version_ = python_version();
    if (version_.empty())
      throw UsageError(fmt::format(
          "gil: {} cannot import parlab; it needs numpy: apt-get install python3-numpy, or set "
          "PARLAB_PYTHON to a Python that has it",
          python_program()));
  }
  bool compares_ways() const override { return true; }

  std::string subject(const Case& what) const override {
    const std::uint64_t cores = what.parameters.at("cores");
    return fmt::format("In CPython {} on {} core{}", version_, cores, cores == 1 ? "" : "s");
  }

  std::vector<Case> cases() const override {
    std::vector<Case> cases;
    for (const std::uint64_t cores : cores_)
      for (const Way& way : ways)
        cases.push_back({.kernel = "gil",
                         .variant = way.name,
                         .size = pieces_,
                         .unit = std::string_view(way.work) == "io" ? "messages" : "pieces",
                         .parameters = {{"cores", cores}, {"work", way.work}}});
    return cases;
  }

  Answer expected(const Case& what) const override {
    const std::string work = what.parameters.at("work");
    std::uint64_t sum = 0;
    if (work == "io") return what.size;
    for (std::uint64_t piece = 0; piece < what.size; ++piece) {
      if (work == "kernel") {
        for (const DartVariant& variant : dart_variants())
          if (variant.name == "scalar") sum += variant.count_inside({0, darts_a_piece}, piece);
        continue;
      }
      std::uint64_t value = piece;
      for (std::uint64_t turn = 0; turn < turns_a_piece; ++turn)
        value = (5 * value + piece) % 2147483647;
      sum += value;
    }
    return sum;
  }

  OpenedArm open(const Arm& arm) const override {
    const Case& what = arm.what;
    const std::string work = what.parameters.at("work");
    const auto* way = std::ranges::find_if(
        ways, [&](const Way& known) { return what.variant == known.name && work == known.work; });
    const auto python = std::make_shared<LineProcess>(std::vector<std::string>{
        python_program(), "-c", script, way->name, way->work, what.parameters.at("cores").dump(),
        fmt::to_string(what.size), fmt::to_string(size_of_piece(*way))});
    const auto last = std::make_shared<nlohmann::json>(nlohmann::json::object());
    const auto run = [=]() -> Answer {
      nlohmann::json line = nlohmann::json::parse(python->ask("\n"));
      // The trace comes with the first run, which is not timed; it is told with the first sample.
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
    if (python_version().empty()) return {};
    const bool full = profile == Profile::full;
    return {{"gil", {"gil", "--pieces", "16", "--rounds", full ? "41" : "7"}}};
  }

 private:
  std::string pieces_word_ = "16";
  std::string cores_words_;
  std::uint64_t pieces_ = 16;
  std::vector<std::uint64_t> cores_;
  std::string version_ = "";
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Gil>();
});

}  // namespace
}  // namespace parlab
