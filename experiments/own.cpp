// own: a kernel of the user's, from one C++ file, on every backend. The file says how many indices
// there are and what a range of them gives; parlab compiles it, splits the range, adds up what
// chunks give, and measures. Nothing else needs to be written.
//
//   constexpr std::uint64_t size = 1'000'000;
//   std::uint64_t kernel(std::uint64_t begin, std::uint64_t end) { ... }   // or a lambda; or
//   double std::uint64_t expected() { ... }   // optional: the right answer, by another way

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <vector>

#include "experiments/command_line/quantity.hpp"
#include "experiments/experiment.hpp"
#include "kernels/errors.hpp"
#include "kernels/sharing/child_process.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

/// Doubles that were added in another order may differ by so much of their value.
constexpr double tolerated_rounding = 1e-9;

/// What the compiled file offers: partials are bit patterns, so that one seam serves both types.
struct OwnKernel {
  std::uint64_t size = 0;
  bool real = false;  // double, not std::uint64_t
  std::uint64_t (*whole_kernel)(std::uint64_t, std::uint64_t) = nullptr;
  double (*real_kernel)(std::uint64_t, std::uint64_t) = nullptr;
  std::uint64_t (*whole_expected)() = nullptr;
  double (*real_expected)() = nullptr;
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw UsageError(fmt::format("--kernel: cannot read {}", file.string()));
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The file with the calls around it that have a name for dlsym.
std::string wrapped(const fs::path& file, const std::string& text) {
  static const std::regex tells_expected(R"(\bexpected\s*(\(\s*\)|=))");
  const bool expects = std::regex_search(text, tells_expected);
  return fmt::format(
      R"(#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>
#line 1 "{}"
{}
#line 1 "parlab's calls of your kernel"
static_assert(std::is_convertible_v<decltype(size), std::uint64_t>, "size must be a whole number");
using ParlabPartial = decltype(kernel(std::uint64_t{{}}, std::uint64_t{{}}));
constexpr bool parlab_real = std::is_floating_point_v<ParlabPartial>;
static_assert(parlab_real || std::is_integral_v<ParlabPartial>,
              "kernel(begin, end) must return a std::uint64_t or a double");
using ParlabAnswer = std::conditional_t<parlab_real, double, std::uint64_t>;
extern "C" {{
std::uint64_t parlab_own_size() {{ return size; }}
bool parlab_own_real() {{ return parlab_real; }}
ParlabAnswer parlab_own_kernel(std::uint64_t begin, std::uint64_t end) {{ return kernel(begin, end); }}
{}
}}
)",
      file.string(), text,
      expects ? "ParlabAnswer parlab_own_expected() { return expected(); }" : "");
}

fs::path cache_folder() {
  for (const auto& [name, below] : {std::pair{"XDG_CACHE_HOME", ""}, {"HOME", ".cache"}}) {
    const char* place = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
    if (place != nullptr && *place != '\0') return fs::path(place) / below / "parlab";
  }
  return fs::temp_directory_path() / "parlab";
}

/// FNV-1a, for the name of what was compiled.
std::string hash_of(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  return fmt::format("own-{:016x}", hash);
}

/// Compiles a source to a shared library; once, for what it says names the file.
fs::path compiled(const fs::path& file, const std::string& source, const std::string& flags) {
  const char* named = std::getenv("CXX");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  const std::string compiler = named != nullptr ? named : "c++";
  std::vector<std::string> words = {
      compiler, "-std=c++20", "-O3",   "-march=native",
      "-Wall",  "-shared",    "-fPIC", "-I" + fs::absolute(file).parent_path().string()};
  for (const std::string& flag : split_list(flags))
    if (!flag.empty()) words.push_back(flag);
  const fs::path folder = cache_folder();
  const fs::path library =
      folder / (hash_of(fmt::format("{} {}", fmt::join(words, " "), source)) + ".so");
  if (fs::exists(library)) return library;
  fs::create_directories(folder);
  const std::string stem = fmt::format("{}.{}", library.string(), getpid());
  std::ofstream(stem + ".cpp", std::ios::binary) << source;
  for (const std::string& word : {stem + ".cpp", std::string("-o"), stem}) words.push_back(word);
  ExitStatus status = ChildProcess::fork([&] {
                        std::vector<char*> arguments;
                        for (std::string& word : words) arguments.push_back(word.data());
                        arguments.push_back(nullptr);
                        execvp(arguments[0], arguments.data());
                        _exit(127);
                      }).wait();
  fs::remove(stem + ".cpp");
  if (status.code == 127)
    throw UsageError(
        fmt::format("own: no compiler '{}': apt-get install g++, or set CXX", compiler));
  if (!status.success())
    throw UsageError(
        fmt::format("--kernel: {} does not compile, as {} says above", file.string(), compiler));
  fs::rename(stem, library);
  return library;
}

template <class Function>
Function symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

OwnKernel load(const fs::path& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);  // for as long as the program runs
  if (handle == nullptr)
    throw UsageError(fmt::format("own: {}; remove it and try again",
                                 dlerror()));  // NOLINT(concurrency-mt-unsafe)
  OwnKernel own;
  own.size = symbol<std::uint64_t (*)()>(handle, "parlab_own_size")();
  own.real = symbol<bool (*)()>(handle, "parlab_own_real")();
  own.whole_kernel = symbol<decltype(own.whole_kernel)>(handle, "parlab_own_kernel");
  own.real_kernel = symbol<decltype(own.real_kernel)>(handle, "parlab_own_kernel");
  own.whole_expected = symbol<decltype(own.whole_expected)>(handle, "parlab_own_expected");
  own.real_expected = symbol<decltype(own.real_expected)>(handle, "parlab_own_expected");
  return own;
}

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
                   "a C++ file with `size`, `kernel(begin, end)` and, if you like, `expected()`");
    app.add_option("--flags", flags_, "more flags for the compiler, a comma between them");
  }
  void check_options() override {
    if (file_.empty())
      throw UsageError(
          "own: --kernel is missing; name a C++ file with `constexpr std::uint64_t size = ...;` "
          "and "
          "`std::uint64_t kernel(std::uint64_t begin, std::uint64_t end) {...}`");
    const fs::path file = file_;
    own_ = load(compiled(file, wrapped(file, text_of(file)), flags_));
    if (own_.size == 0) throw UsageError(fmt::format("--kernel: size is 0 in {}", file_));
  }

  std::string subject(const Case& what) const override {
    return fmt::format("For {} over {} indices", what.kernel, short_number(what.size));
  }
  std::vector<Case> cases() const override {
    return {{.kernel = fs::path(file_).stem().string(), .size = own_.size, .unit = "indices"}};
  }

  // By expected() where there is one. Else in one piece, which shows whether splitting is right,
  // but not whether the kernel is.
  Answer expected(const Case& what) const override {
    if (own_.real)
      return own_.real_expected != nullptr ? own_.real_expected() : own_.real_kernel(0, what.size);
    return own_.whole_expected != nullptr ? own_.whole_expected() : own_.whole_kernel(0, what.size);
  }
  bool correct(const Case&, const Answer& answer, const Answer& expected) const override {
    if (!own_.real || answer == expected) return answer == expected;
    if (!answer.is_number() || !expected.is_number()) return false;
    const double right = expected.get<double>();
    return std::abs(answer.get<double>() - right) <= tolerated_rounding * std::abs(right);
  }

  OpenedArm open(const Arm& arm) const override {
    return own_.real ? opened(arm, own_.real_kernel) : opened(arm, own_.whole_kernel);
  }

  std::vector<SuiteEntry> suite(Profile) const override { return {}; }

 private:
  template <class T>
  static OpenedArm opened(const Arm& arm, T (*kernel)(std::uint64_t, std::uint64_t)) {
    std::shared_ptr<Backend> backend = make_backend(arm.who);
    const Chunking chunking({0, arm.what.size}, arm.grain);
    return [=]() -> Answer {
      return map_reduce(
          *backend, chunking, T{}, [=](IndexRange range) { return kernel(range.begin, range.end); },
          std::plus<>());
    };
  }

  std::string file_, flags_;
  OwnKernel own_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Own>();
});

}  // namespace
}  // namespace parlab
