// own: a kernel of the user's, from one C++ file, on every backend. parlab compiles the file,
// splits its indices, adds up what the parts give, checks the sum and measures (own_kernel.hpp says
// what the file holds). Nothing else needs to be written.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <cmath>
#include <filesystem>

#include "experiments/experiment.hpp"
#include "experiments/own_kernel.hpp"
#include "kernels/errors.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

class Own final : public Experiment {
 public:
  std::string name() const override { return "own"; }
  std::string question() const override {
    return "Which backend and grain for a kernel of your own?";
  }
  std::string why() const override {
    return "The kernel is the user's; how even its work is and what memory it touches, its times "
           "tell.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--kernel", file_,
                   "a C++ file with `size`, `kernel(i)` or `kernel(begin, end)` and, if you like, "
                   "`expected()`; compiled once, kept in ~/.cache/parlab");
    app.add_option(
        "--flags", flags_,
        "more flags for the compiler, in quotes: --flags '-fopenmp-simd'; a flag that holds "
        "blanks in quotes again: --flags \"-I'my folder'\"");
    app.add_option("--tolerance", tolerance_words_,
                   "how far sums of doubles may differ, as a part of the right answer: another "
                   "order of adding rounds otherwise [1e-9]");
    app.add_flag("--check", check_, "compiles the kernel, says what it is, and runs nothing");
  }
  void check_options() override {
    if (file_.empty())
      throw UsageError(
          "own: --kernel is missing; name a C++ file, with `constexpr std::uint64_t size = 1000;` "
          "and `auto kernel = [](std::uint64_t i) { return i * i; };`");
    tolerance_ = tolerance_of(tolerance_words_);
    own_ = compile_own_kernel(file_, flags_);
  }
  std::string instead() const override {
    if (!check_) return "";
    constexpr const char* types[] = {"whole numbers", "whole numbers with a sign", "doubles"};
    return fmt::format("{}: {} indices, adds up {}, {}\n", kernel_name(), own_.size,
                       types[static_cast<int>(own_.type)],
                       own_.has_expected ? "is held to its expected()"
                                         : "has no expected(): is held to one piece");
  }

  std::string subject(const Case& what) const override {
    return fmt::format("For {} over {} indices", what.kernel, short_number(what.size));
  }
  std::vector<Case> cases() const override {
    return {{.kernel = kernel_name(), .size = own_.size, .unit = "indices"}};
  }

  // Without expected() in one piece, which shows whether splitting is right, but not whether the
  // kernel is.
  Answer expected(const Case&) const override { return LoadedKernel(own_).expected(); }
  bool correct(const Case&, const Answer& answer, const Answer& expected) const override {
    if (own_.type != OwnKernel::Type::real || answer == expected) return answer == expected;
    if (!answer.is_number() || !expected.is_number()) return false;
    const double right = expected.get<double>();
    return std::abs(answer.get<double>() - right) <= tolerance_ * std::abs(right);
  }

  OpenedArm open(const Arm& arm) const override {
    const LoadedKernel loaded(own_);
    std::shared_ptr<Backend> backend = make_backend(arm.who);
    const Chunking chunking({0, arm.what.size}, arm.grain);
    if (own_.type == OwnKernel::Type::real)
      return [=]() -> Answer {
        return LoadedKernel::answer(map_reduce(
            *backend, chunking, 0.0,
            [=](IndexRange range) { return loaded.real(range.begin, range.end); }, std::plus<>()));
      };
    return [=]() -> Answer {
      return loaded.answer(map_reduce(
          *backend, chunking, std::uint64_t{0},
          [=](IndexRange range) { return loaded.whole(range.begin, range.end); }, std::plus<>()));
    };
  }

  std::vector<SuiteEntry> suite(Profile) const override { return {}; }

 private:
  std::string kernel_name() const { return fs::path(file_).stem().string(); }

  static double tolerance_of(const std::string& words) {
    try {
      std::size_t read = 0;
      const double tolerance = std::stod(words, &read);
      if (read == words.size() && tolerance >= 0 && tolerance < 1) return tolerance;
    } catch (const std::exception&) {  // said below
    }
    throw UsageError(fmt::format("--tolerance: '{}' is no number of 0 to below 1", words));
  }

  std::string file_, flags_, tolerance_words_ = "1e-9";
  double tolerance_ = 0;
  bool check_ = false;
  OwnKernel own_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Own>();
});

}  // namespace
}  // namespace parlab
