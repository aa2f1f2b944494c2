// own: kernels of the user's, from one C++ file, on every backend. parlab compiles the file, splits
// its indices, folds what the parts give, checks it and measures (experiments/README.md says what
// the file holds). Nothing else needs to be written.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <filesystem>

#include "experiments/base/experiment.hpp"
#include "experiments/own_kernel/loaded_kernel.hpp"
#include "experiments/own_kernel/own_arm.hpp"
#include "experiments/own_kernel/own_plan.hpp"
#include "experiments/own_kernel/race_check.hpp"
#include "experiments/own_kernel/reference_run.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

class Own final : public Experiment {
 public:
  std::string name() const override { return "own"; }
  std::string question() const override { return "Which backend and grain for your own kernel?"; }
  std::string why() const override {
    return "The kernel is the user's: its times show how even its work is, and how much it depends "
           "on memory.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--kernel", words_.file,
                   "a C++ file with `size` and `kernel(i)` or `kernel(begin, end)`, which return a "
                   "value or write to a parlab::array; kernel_NAME, parallel_NAME(size, workers) "
                   "and find(begin, end, stop) are raced too; compiled once, kept in "
                   "~/.cache/parlab (experiments/README.md: own)");
    app.add_option("--size", words_.sizes,
                   "value of parlab::parameter(\"size\", ...) in the file; a list for a sweep");
    app.add_option("--set", words_.set,
                   "value of another parameter in the file, --set n=1000, or n=1000,2000 for a "
                   "sweep; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--tile", words_.tile,
                   "block size, as in 64x256, for a file with `rows` and `columns`; without it, "
                   "chunks are rows");
    app.add_option("--flags", words_.flags,
                   "more flags for the compiler, in quotes: --flags '-fopenmp-simd'; a flag with a "
                   "space in quotes again: --flags \"-I'my folder'\"");
    app.add_option(
        "--flags-axis", words_.flags_axis,
        "compiler flags that race each other, separated by semicolons: '-O2;-O3 -ffast-math'");
    app.add_option("--compiler", words_.compilers,
                   "compilers that race each other, as in g++,clang++ [$CXX, else c++]");
    tolerance_option_ = app.add_option(
        "--tolerance", words_.tolerance,
        "allowed error of doubles: relative, or relative,absolute as in 1e-9,1e-12 [1e-9 for "
        "returned values, whose rounding depends on the order of additions; 0 for arrays]");
    app.add_flag("--describe", describe_, "compiles the kernel, says what it is, and runs nothing");
    app.add_flag("--check", check_,
                 "the same, and looks for data races between two threads by the thread sanitizer");
  }
  void check_options() override {
    if (words_.file.empty())
      throw UsageError(
          "own: --kernel is missing; name a C++ file, with `constexpr std::uint64_t size = 1000;` "
          "and `auto kernel = [](std::uint64_t i) { return i * i; };`");
    tolerance_ = tolerance_of(words_.tolerance);
    if (tolerance_option_ != nullptr && tolerance_option_->count() > 0) of_arrays_ = tolerance_;
    plans_ = own_plans(words_);
  }
  std::string instead() const override {
    if (!check_ && !describe_) return "";
    std::string text;
    for (const OwnPlan& plan : plans_) text += told(plan) + "\n";
    return check_ ? text + check_for_races(words_, plans_.front().own->parameters) + "\n" : text;
  }

  std::string subject(const Workload& workload) const override {
    return fmt::format("For {} over {} {}", workload.kernel, short_number(workload.size),
                       workload.unit);
  }
  // What a kernel writes to is known when it has run: then it is refused (own_arm.cpp).
  std::string why_not_apart(const Workload&) const override { return ""; }
  std::string why_not_in_pieces(const Workload& workload) const override {
    return workload.self_parallel ? "a function parallel_NAME spreads its work itself, and tells "
                                    "nothing before its end"
                                  : "";
  }
  /// The compiled library's name tells all that it was compiled from.
  std::string code_of(const Workload& workload) const override {
    const OwnPlan& plan = plan_of(workload);
    return fmt::format("{} {} {}x{}", plan.own->library.stem().string(),
                       plan.own->variants[plan.variant].name, plan.tile.rows, plan.tile.columns);
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const OwnPlan& plan : plans_) cases.push_back(plan.workload);
    return cases;
  }
  bool cases_race() const override {
    return std::ranges::any_of(plans_,
                               [](const OwnPlan& plan) { return !plan.workload.task.empty(); });
  }

  // Without expected() in one piece, which shows whether splitting is right, but not whether the
  // kernel is.
  Answer expected(const Workload& workload) const override {
    const OwnPlan& plan = plan_of(workload);
    Answer right = reference_run(*plan.own, plan.variant, *plan.image, of_arrays_);
    // Afterwards: what the file's variables hold then is no longer what they were made with.
    if (plan.first_build)
      require_same_build(*plan.own, *plan.first_build, plan.variant, of_arrays_, tolerance_);
    return right;
  }
  bool correct(const Workload& workload, const Answer& answer,
               const Answer& expected) const override {
    const OwnPlan& plan = plan_of(workload);
    // A checksum: the arm has compared the arrays themselves.
    if (plan.own->variants[plan.variant].partial_bytes == 0 && !plan.own->has_answer)
      return answer == expected || answer.is_string();
    return agree(answer, expected, tolerance_);
  }
  double memory_bytes(const Arm& arm) const override {
    return static_cast<double>(plan_of(arm.workload).own->array_bytes());
  }
  OpenedArm open(const Arm& arm) const override {
    return open_own_arm(plan_of(arm.workload), arm, of_arrays_);
  }

  std::vector<SuiteEntry> suite(Profile) const override { return {}; }

 private:
  const OwnPlan& plan_of(const Workload& workload) const {
    return *std::ranges::find(plans_, workload, &OwnPlan::workload);
  }

  /// "bits: 1000 indices, adds up whole numbers, has no expected(): is checked against one piece"
  static std::string told(const OwnPlan& plan) {
    const OwnKernel& own = *plan.own;
    const OwnVariant& variant = own.variants[plan.variant];
    std::vector<std::string> parts;
    for (const std::string& name : {plan.workload.variant, plan.workload.algorithm})
      if (!name.empty()) parts.push_back(name);
    parts.push_back(own.columns == 0 ? fmt::format("{} indices", own.size)
                                     : fmt::format("{} x {} cells", own.size, own.columns));
    for (const auto& [name, value] : plan.workload.parameters)
      if (name != "columns") parts.push_back(name + "=" + value.text());
    parts.push_back(does(variant));
    std::vector<std::string> names;
    for (const OwnArray& array : own.arrays)
      if (array.is_shared) names.push_back(array.name);
    if (!names.empty())
      parts.push_back(
          fmt::format("shares {} ({} bytes)", fmt::join(names, ", "), own.array_bytes()));
    parts.emplace_back(own.has_expected ? "is checked against its expected()"
                                        : "has no expected(): is checked against one piece");
    return fmt::format("{}: {}", plan.workload.kernel, fmt::join(parts, ", "));
  }
  static std::string does(const OwnVariant& variant) {
    if (variant.role == own::Role::search) return "searches for the lowest index";
    if (variant.partial_bytes == 0) return "returns nothing";
    const std::string verb = variant.role == own::Role::parallel ? "returns" : "adds up";
    switch (variant.kind) {
      case own::Kind::whole:
        return verb + " whole numbers";
      case own::Kind::signed_whole:
        return verb + " whole numbers with a sign";
      case own::Kind::real:
        return verb + " doubles";
      case own::Kind::bytes:
        break;
    }
    return fmt::format("{} partials of {} bytes",
                       variant.role == own::Role::parallel ? "returns" : "folds",
                       variant.partial_bytes);
  }

  OwnWords words_;
  const CLI::Option* tolerance_option_ = nullptr;
  Tolerance tolerance_;
  Tolerance of_arrays_;  // bit for bit unless --tolerance is given
  bool check_ = false, describe_ = false;
  std::vector<OwnPlan> plans_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Own>();
});

}  // namespace
}  // namespace parlab
