// peers: parlab's kernels against what one would use otherwise, each task in one paired run.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <random>

#include "experiments/base/experiment.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "experiments/peers/peer_task.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/histogram/key_counts.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/prime_counts/known_counts.hpp"
#include "kernels/numerics/sieve/prime_count.hpp"
#include "kernels/numerics/sparse/sparse_rows.hpp"
#include "kernels/parallel/reference_primes.hpp"

namespace parlab {
namespace {

/// Standard deviations that a peer's own stream of darts may be off pi: one false alarm in 3.5
/// million.
constexpr double tolerated_deviations = 5;

/// Of the quick suite: one of each kind, of the ranges the shortest and the longest.
constexpr char few_tasks[] =
    "pi,pi_ars,pi_53,pi_ars_53,sieve,below_1e12,count_A,list_A,count_E,list_E,is_prime,batch_odd,"
    "batch_primes,histogram,spmv";

Task task_of(const Workload& workload) {
  const std::string name = workload.parameter<std::string>("task");
  for (const Task& task : all_tasks())
    if (task.name == name && task.workers == workload.parameter<int>("workers")) return task;
  throw UsageError(fmt::format("no task {}", name));
}

Method method_of(const Task& task, const std::string& name) {
  const auto methods = methods_of(task);
  const auto found = std::ranges::find(methods, name, &Method::name);
  if (found == methods.end()) throw UsageError(fmt::format("no {} for {}", name, task.name));
  return *found;
}

constexpr std::uint64_t histogram_bins = 65536;
constexpr std::uint64_t nonzeros_per_row = 16;

/// What is decided: odd numbers between 2^63 and 2^64, or the primes among them.
std::vector<std::uint64_t> numbers_for(const Task& task, std::uint64_t seed) {
  if (task.kind == PeerTask::find_factor) return {100109100129100151};
  if (task.kind == PeerTask::count_keys) return {histogram_bins};
  if (task.kind == PeerTask::sparse_product) return {nonzeros_per_row};
  std::vector<std::uint64_t> numbers;
  if (task.kind != PeerTask::decide) return numbers;
  std::mt19937_64 random(seed);
  while (numbers.size() < task.range.size()) {
    const std::uint64_t n = random() | 1 | std::uint64_t{1} << 63;
    if (task.numbers != "primes" || is_prime(n)) numbers.push_back(n);
  }
  return numbers;
}

/// By none of the methods that are raced.
std::vector<std::uint64_t> primes_of(IndexRange range) {
  std::vector<std::uint64_t> primes;
  for_each_reference_prime(range, [&](std::uint64_t prime) { primes.push_back(prime); });
  return primes;
}

/// From the last key to the first, without a list of them.
std::uint64_t expected_counts(IndexRange keys) {
  std::vector<std::uint32_t> counts(histogram_bins);
  for (std::uint64_t i = keys.end; i > keys.begin; --i)
    ++counts[example_key(i - 1, histogram_bins, KeyChoice::uniform)];
  return mark_of_counts(counts.data(), histogram_bins);
}

class Peers final : public Experiment {
 public:
  std::string name() const override { return "peers"; }
  int report_place() const override { return 28; }
  std::string question() const override {
    return "How do parlab's kernels compare with what you would use otherwise?";
  }
  std::string why() const override {
    return "Each kernel here does in vector registers what its peer does one by one, or leaves out "
           "what its peer computes: random numbers are a function of their index, so that no state "
           "runs through the loop; a quotient is linear in the divisor over a stretch, so that no "
           "division is needed; the smallest primes' multiples are ready-made patterns.";
  }

  void add_options(CLI::App& app) override {
    app.add_option(
        "--task", task_words_,
        "pi, pi_ars, pi_53, pi_ars_53, factor, sieve, sieve_1e10, sieve_1e12, sieve_1e15, "
        "sieve_1e18, sieve_top (of 64 bits; of each also 1e8 and 1e10 numbers, as in "
        "sieve_1e15+1e8), below_1e12, below_1e15, count_A to count_E, list_A to list_E, is_prime, "
        "batch_odd, batch_primes, histogram, spmv; a list; 'quick' for those below a second a run; "
        "or 'all' [quick]");
    app.add_option("--peer", peer_words_,
                   "peers to compare with, as named by parlab list; or 'all' [all]");
  }
  bool compares_methods() const override { return true; }
  void set_seed(std::uint64_t seed) override { seed_ = seed; }
  void check_options() override {
    const auto tasks = all_tasks();
    std::vector<std::string> names = names_of(tasks);
    names.erase(std::unique(names.begin(), names.end()), names.end());  // on one worker and on all
    for (const std::string& word : split_list(task_words_)) {
      const bool group = word == "all" || word == "quick";
      if (!group) require_known("task", word, names);
      for (const Task& task : tasks)
        if (word == "all" || word == task.name || (word == "quick" && !task.slow))
          tasks_.push_back(task);
    }
    const std::vector<std::string> libraries = names_of(peers());
    for (const std::string& word : split_list(peer_words_))
      if (word != "all") require_known("peer", word, libraries);
    require_methods();
  }

  std::string subject(const Workload& workload) const override {
    const Task task = task_of(workload);
    return fmt::format("For {}{}", task.title,
                       task.workers > 1 ? fmt::format(" on {} workers", task.workers) : "");
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const Task& task : tasks_) {
      for (const Method& method : methods_of(task)) {
        if (!is_wanted(method)) continue;
        AgainstFacts facts{task.title, method.part, method.library, task.bound, std::nullopt};
        if (method.part == Part::own) facts.source = task.source;
        for (const Goal& goal : task.goals)
          if (goal.method == method.name)
            facts.goal = goal.value * (method.part == Part::scaling ? usable_cores() : 1);
        cases.push_back({.kernel = task.own,
                         .variant = method.name,
                         .size = task.range.size(),
                         .unit = task.unit,
                         .parameters = {{"task", task.name}, {"workers", task.workers}},
                         .facts = to_json(facts)});
      }
    }
    return cases;
  }

  Answer expected(const Workload& workload) const override {
    const Task task = task_of(workload);
    const Method method = method_of(task, workload.variant);
    const auto numbers = numbers_for(task, seed_);
    switch (task.kind) {
      case PeerTask::darts:
      case PeerTask::darts_53:
        return expected_darts(task, method);
      case PeerTask::count_primes:
        return task.range.begin == 0 ? count_primes_below(task.range.end)
                                     : primes_of(task.range).size();
      case PeerTask::count_primes_below:
        return known_primes_below(task.range.end).value();
      case PeerTask::list_primes:
        return mark_of(primes_of(task.range));
      case PeerTask::find_factor:
        return smallest_factor_wheel(numbers[0], task.range, [] { return false; });
      case PeerTask::count_keys:
        return expected_counts(task.range);
      case PeerTask::sparse_product:
        return mark_in_whole_numbers({task.range.size(), nonzeros_per_row, RowLengths::uneven});
      case PeerTask::decide:
        break;
    }
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (is_prime_by_miller_rabin(numbers[i])) sum += i + 1;
    return sum;
  }

  bool correct(const Workload& workload, const Answer& answer,
               const Answer& expected) const override {
    const Task task = task_of(workload);
    const bool is_stream = task.kind == PeerTask::darts || task.kind == PeerTask::darts_53;
    if (!is_stream || method_of(task, workload.variant).same_stream) return answer == expected;
    constexpr double p = std::numbers::pi / 4;
    const double deviation = std::sqrt(static_cast<double>(workload.size) * p * (1 - p));
    return std::abs(answer.get<double>() - expected.get<double>()) <=
           tolerated_deviations * deviation + 1;
  }

  OpenedArm open(const Arm& arm) const override {
    const Task task = task_of(arm.workload);
    const Method method = method_of(task, arm.workload.variant);
    const auto numbers = std::make_shared<std::vector<std::uint64_t>>(numbers_for(task, seed_));
    const PeerInput input{task.range, seed_, task.workers, *numbers};
    const PeerRun run = method.prepare ? method.prepare(task, input) : method.prepare_peer(input);
    return [run, numbers]() -> Answer { return run(); };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string rounds = full ? "21" : "7";
    std::vector<SuiteEntry> entries = {
        {"peers", {"peers", "--task", full ? "quick" : few_tasks, "--rounds", rounds}}};
    // Seconds a run: a minute of the quick suite for one comparison.
    if (full) {
      entries.push_back(
          {"peers-long",
           {"peers", "--task", "sieve_1e10,sieve_1e12,sieve_1e15,sieve_1e18", "--rounds", rounds}});
      // How far it is from what the book begins with.
      entries.push_back(
          {"peers-python",
           {"peers", "--task", "pi,count_B", "--peer", "python,numba,rayon", "--rounds", "7"}});
    }
    return entries;
  }

 private:
  /// Throws UsageError where peers are named, and none is there and does one of the tasks.
  void require_methods() const {
    const auto words = split_list(peer_words_);
    if (std::ranges::find(words, "all") != words.end()) return;
    const bool has_method = std::ranges::any_of(tasks_, [&](const Task& task) {
      return std::ranges::any_of(methods_of(task), [&](const Method& method) {
        return method.part == Part::peer && is_wanted(method);
      });
    });
    if (has_method) return;
    for (const std::string& word : words) {
      const auto peer = std::ranges::find(peers(), word, &Peer::name);
      if (const PeerState state = peer->look(); state.version.empty())
        throw UsageError(fmt::format("--peer {}: {}", word, state.why));
    }
    throw UsageError(fmt::format("--peer {}: does none of the tasks {}", peer_words_, task_words_));
  }
  static std::string library_of(const Method& method) {
    return method.library.substr(0, method.library.rfind(' '));
  }
  bool is_wanted(const Method& method) const {
    if (method.part != Part::peer) return true;
    const auto words = split_list(peer_words_);
    const bool named = std::ranges::find(words, library_of(method)) != words.end();
    return named || (!method.slow && std::ranges::find(words, "all") != words.end());
  }

  Answer expected_darts(const Task& task, const Method& method) const {
    if (method.part == Part::bound) {
      std::uint64_t words = 0;
      for (std::uint64_t block = 0; block < task.range.end / 2; ++block)
        for (const std::uint32_t word : dart_block(block, seed_)) words ^= word;
      return words;
    }
    if (!method.same_stream)
      return static_cast<std::uint64_t>(
          std::llround(static_cast<double>(task.range.size()) * std::numbers::pi / 4));
    const auto variants = dart_variants();
    const auto own = std::ranges::find(variants, task.own, &DartVariant::name);
    return std::ranges::find(variants, own->reference, &DartVariant::name)
        ->count_inside(task.range, seed_);
  }

  std::string task_words_ = "quick";
  std::string peer_words_ = "all";
  std::uint64_t seed_ = 1;
  std::vector<Task> tasks_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Peers>();
});

}  // namespace
}  // namespace parlab
