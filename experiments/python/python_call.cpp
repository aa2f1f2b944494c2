// python_call: what a call from Python to C++ costs, by each method, beside the same call
// made from C++ and a call that stays in Python.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/python/call_methods.hpp"
#include "experiments/python/pythons.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/bindings/c/parlab.h"
#include "kernels/numerics/darts/monte_carlo.hpp"

namespace parlab {
namespace {

constexpr char script[] =
#include "python_call_loop.inc"
    ;

struct Task {
  const char* name;
  const char* subject;
  const char* kernel;
  std::uint64_t share;    // of --calls: as many calls in a run as take some milliseconds
  std::uint64_t numbers;  // in an array; 0 for a call without arrays
  std::uint64_t arrays;   // pairs of numbers and answers that calls take in turn
};
constexpr std::array tasks = {
    Task{"scalar", "to count 1 dart", "count_darts", 1, 0, 0},
    Task{"array", "to test 8 numbers in place", "is_prime", 2, 8, 16},
    Task{"array-large", "to test 1e5 numbers in place", "is_prime", 1250, 100'000, 1},
    Task{"own", "for a call within Python", "and", 1, 0, 0},
};

/// The first is the baseline: the same call from C++; of Python's own, a function in Python.
struct Method {
  std::string name;
  std::string module;
};
const std::vector<Method> own_methods = {{"Python function", "python"},
                                         {"built-in function", "builtin"}};
const Method direct = {"C++", ""};

const Task& task_of(const Workload& workload) {
  return *std::ranges::find(tasks, workload.parameter<std::string>("task"), &Task::name);
}

void check(parlab_status status) {
  if (status != PARLAB_OK) throw std::runtime_error(parlab_last_error());
}

/// One of the array's numbers in C++, as the script has them in numpy.
struct Pair {
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint8_t> out;
};

std::vector<Pair> make_pairs(const Task& task) {
  std::vector<Pair> pairs(task.arrays);
  std::uint64_t next = 0;
  for (Pair& pair : pairs) {
    for (std::uint64_t i = 0; i < task.numbers; ++i) pair.numbers.push_back(next++);
    pair.out.assign(task.numbers, 255);
  }
  return pairs;
}

std::uint64_t primes_found(std::vector<Pair>& pairs) {
  std::uint64_t sum = 0;
  for (auto& [numbers, out] : pairs) {
    for (std::size_t i = 0; i < numbers.size(); ++i) sum += out[i] == 1 ? numbers[i] : 0;
    std::ranges::fill(out, 255);
  }
  return sum;
}

/// The calls as Python makes them, from C++.
OpenedArm open_direct(const Task& task, std::uint64_t calls) {
  parlab_backend* opened = nullptr;
  check(parlab_backend_open("serial", 1, &opened));
  const std::shared_ptr<parlab_backend> backend(opened, parlab_backend_close);
  if (task.numbers == 0)
    return [=]() -> Answer {
      std::uint64_t total = 0;
      for (std::uint64_t seed = 0; seed < calls; ++seed) {
        std::uint64_t inside = 0;
        check(parlab_pi(backend.get(), 1, seed, nullptr, 0, &inside));
        total += inside;
      }
      return total;
    };
  return [=, pairs = std::make_shared<std::vector<Pair>>(make_pairs(task))]() -> Answer {
    constexpr std::int64_t number_bytes = sizeof(std::uint64_t);
    constexpr std::int64_t out_bytes = 1;
    for (std::uint64_t turn = 0; turn < calls; ++turn) {
      auto& [numbers, out] = (*pairs)[turn % pairs->size()];
      const auto size = static_cast<std::int64_t>(numbers.size());
      const parlab_array from = {numbers.data(), PARLAB_UINT64, 1, &size, &number_bytes, 0, 0};
      const parlab_array to = {out.data(), PARLAB_UINT8, 1, &size, &out_bytes, 1, 0};
      check(parlab_is_prime(backend.get(), &from, &to, 0));
    }
    return primes_found(*pairs);
  };
}

bool is_prime_by_trial(std::uint64_t n) {
  for (std::uint64_t divisor = 2; divisor * divisor <= n; ++divisor)
    if (n % divisor == 0) return false;
  return n >= 2;
}

class PythonCall final : public Experiment {
 public:
  std::string name() const override { return "python_call"; }
  int report_place() const override { return 29; }
  std::string question() const override {
    return "What does a call from Python to C++ cost: ctypes, cffi, pybind11, Cython?";
  }
  std::string why() const override {
    return "A call has to turn Python's objects into C's numbers and addresses, give the "
           "interpreter's lock back and take it again, and make an object of the answer. Code that "
           "was compiled for one function does it in some hundred instructions; ctypes and cffi's "
           "ABI mode look up at each call what its arguments are, and what C returns through a "
           "pointer needs an object to point to, made in Python. An array is described to C by its "
           "address, type and shape: read from the buffer in C, or asked of numpy by name in "
           "Python. All of that is paid once a call, whatever the call computes.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--task", task_words_,
                   "scalar (1 dart), array (8 numbers in place), array-large (1e5 numbers), own "
                   "(calls that stay in Python), a list; or 'all' [all]");
    app.add_option("--calls", calls_word_,
                   "calls per run; arrays get fewer, large ones a 1250th [1e4]");
  }
  void check_options() override {
    calls_ = parse_quantity("--calls", calls_word_, 1, 1'000'000'000);
    const std::vector<std::string> words = split_list(task_words_);
    const bool all = std::ranges::find(words, "all") != words.end();
    std::vector<std::string> names = {"all"};
    for (const Task& task : tasks) {
      names.emplace_back(task.name);
      if (all || std::ranges::find(words, task.name) != words.end()) chosen_.push_back(&task);
    }
    for (const std::string& word : words) require_known("task", word, names);
    const auto calls = python_calls();
    if (!calls) throw UsageError("python_call: " + why_missing(call_methods().front(), calls));
    version_ = calls->version;
    for (const CallMethod& method : call_methods()) {
      const std::string why = why_missing(method, calls);
      if (why.empty())
        methods_.push_back({method.name, method.module});
      else
        tell("parlab: {} is left out: {}\n", method.name, why);
    }
  }
  bool compares_methods() const override { return true; }

  std::string subject(const Workload& workload) const override {
    return fmt::format("From CPython {}, {},", version_, task_of(workload).subject);
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const Task* task : chosen_) {
      const auto add = [&](const Method& method) {
        cases.push_back({.kernel = task->kernel,
                         .variant = method.name,
                         .size = std::max<std::uint64_t>(calls_ / task->share, 1),
                         .unit = "calls",
                         .parameters = {{"task", task->name}},
                         .facts = {{"python", version_}, {"module", method.module}}});
      };
      const bool own = std::string_view(task->name) == "own";
      if (!own) add(direct);
      for (const Method& method : own ? own_methods : methods_) add(method);
    }
    return cases;
  }

  Answer expected(const Workload& workload) const override {
    const Task& task = task_of(workload);
    std::uint64_t sum = 0;
    if (task.numbers != 0) {
      const std::uint64_t used = std::min(task.arrays, workload.size);
      for (std::uint64_t n = 0; n < used * task.numbers; ++n) sum += is_prime_by_trial(n) ? n : 0;
      return sum;
    }
    if (std::string_view(task.name) == "own") return workload.size / 2;  // odd ones of [0, size)
    for (const DartVariant& variant : dart_variants())
      if (variant.name == "scalar")
        for (std::uint64_t seed = 0; seed < workload.size; ++seed)
          sum += variant.count_inside({0, 1}, seed);
    return sum;
  }

  OpenedArm open(const Arm& arm) const override {
    const Task& task = task_of(arm.workload);
    const std::uint64_t calls = arm.workload.size;
    if (arm.workload.variant == direct.name) return open_direct(task, calls);
    const auto python = start_python(
        python_program(), script,
        {arm.workload.facts.at("module").get<std::string>(), task.name, fmt::to_string(calls),
         fmt::to_string(task.numbers), fmt::to_string(task.arrays)});
    return {[=]() -> Answer { return python->ask_number("run"); },
            // The way there and back is in it, as it is in a run.
            [=]() -> nlohmann::json {
              const auto start = std::chrono::steady_clock::now();
              python->ask_number("loop");
              const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
              return {{"loop_seconds", taken.count() / static_cast<double>(calls)}};
            }};
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    if (!python_calls()) return {};
    const bool full = profile == Profile::full;
    return {{"python-call",
             {"python_call", "--task", full ? "all" : "scalar,array,own", "--calls",
              full ? "1e4" : "5e3", "--rounds", full ? "41" : "7"}}};
  }

 private:
  std::string task_words_ = "all";
  std::string calls_word_ = "1e4";
  std::uint64_t calls_ = 10'000;
  std::vector<const Task*> chosen_;
  std::vector<Method> methods_;  // that this Python has
  std::string version_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<PythonCall>();
});

}  // namespace
}  // namespace parlab
