// primes: all primes of a range, by trial division (uneven work: a prime costs sqrt(n) / 2
// divisions, most composites three), by a segmented sieve (even work, memory in the cache) or by a
// primality test, many numbers at once (even work, no memory). Counted only, also by an algorithm that
// finds none of them: what that is worth against cores.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

#include "experiments/base/experiment.hpp"
#include "experiments/loops/prime_feed.hpp"
#include "experiments/loops/prime_list_hash.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/prime_counts/known_counts.hpp"
#include "kernels/numerics/prime_counts/prime_counter.hpp"
#include "kernels/numerics/sieve/prime_count.hpp"
#include "kernels/numerics/sieve/sieve.hpp"
#include "kernels/parallel/leaf_counts.hpp"
#include "kernels/parallel/prime_ranges.hpp"
#include "kernels/parallel/reference_primes.hpp"

namespace parlab {
namespace {

struct NamedRange {
  const char* name;
  IndexRange range;
};
/// Those of the book's chapter on multiprocessing.
constexpr std::array<NamedRange, 5> named_ranges = {{
    {"A", {1, 1'000'000}},
    {"B", {100'000'000, 100'100'000}},
    {"C", {100'000'000, 101'000'000}},
    {"D", {1'000'000'000, 1'000'100'000}},
    {"E", {100'000'000'000, 100'000'100'000}},
}};

/// Not one of the prime_algorithms, which take any range.
constexpr const char* combinatorial = "combinatorial";

/// Above it Legendre's recurrence takes minutes.
constexpr std::uint64_t most_counted = 10'000'000'000'000;

IndexRange range_of(const Workload& workload) {
  const auto from = workload.parameter<std::uint64_t>("from");
  return {from, from + workload.size};
}
bool lists(const Workload& workload) { return workload.parameter<std::string>("output") == "list"; }

class Primes final : public Experiment {
 public:
  std::string name() const override { return "primes"; }
  int report_place() const override { return 20; }
  std::string question() const override {
    return "Which backend and grain for uneven work: all primes of a range?";
  }
  std::string why() const override {
    return "By trial division a number takes from one division to thousands, so equal chunks take "
           "unequal time and the run ends with its slowest worker. Few large chunks leave workers "
           "idle at the end: on 2 workers, 3 equal chunks take as long as 4 would, which draws the "
           "saw-tooth over the number of chunks. Many small ones even that out until handing them "
           "out costs more than it saves. A dynamic schedule needs fewer chunks than a static one "
           "for the same balance; shuffling does by chance what small chunks do for certain.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--range", range_words_, "A, B, C, D or E, the book's ranges, or a list [B]");
    app.add_option("--from", from_words_, "first number, instead of --range [0]");
    app.add_option("--to", to_words_,
                   "one past the last number, instead of --range, or a list for a sweep");
    app.add_option(
        "--algorithm", asked_algorithms_,
        "trial, sieve, batch (a primality test), combinatorial (counts [0, --to) without "
        "finding the primes: 10^15 in seconds), or a list [trial for --range or --feed, else "
        "sieve]");
    app.add_option("--order", order_words_,
                   "in which chunks are handed out: ascending, shuffled, or a list [ascending]");
    std::string feeds;
    for (const PrimeFeed& feed : prime_feeds)
      feeds += fmt::format("; {}: {}", feed.name, feed.what);
    app.add_option("--feed", feed_words_,
                   fmt::format("how numbers reach the workers of the backend processes. chunks{}; "
                               "or a list [chunks]",
                               feeds));
    app.add_flag("--count", count_, "count the primes [the default]");
    app.add_flag("--list", list_, "list them, and print them on stdout, the table on stderr");
  }
  void set_seed(std::uint64_t seed) override { seed_ = seed; }
  void check_options() override {
    const bool free = !from_words_.empty() || !to_words_.empty();
    algorithm_words_ =
        asked_algorithms_.value_or(free && feed_words_ == "chunks" ? "sieve" : "trial");
    if (count_ && list_) throw UsageError("--count and --list exclude each other; give one");
    for (const std::string& name : split_list(algorithm_words_))
      if (name != combinatorial) known_algorithm(name);
    for (const std::string& name : split_list(order_words_))
      require_known("order", name, {"ascending", "shuffled"});
    for (const std::string& name : split_list(feed_words_))
      if (name != "chunks" && prime_feed_named(name) == nullptr) throw unknown_feed(name);
    if (feed_words_ != "chunks" && (list_ || algorithm_words_ != "trial"))
      throw UsageError("--feed goes with --count and --algorithm trial");
    if (free && !range_words_.empty())
      throw UsageError("--range and --from, --to say the same thing twice; give one of them");
    if (list_ && order_words_ != "ascending")
      throw UsageError("--list goes with --order ascending: the primes are listed in order");
    if (free)
      read_free_range();
    else
      read_named_ranges();
    if (list_ && ranges_.size() != 1)
      throw UsageError("--list prints the primes of one range; give one");
    const std::vector<std::string> algorithms = split_list(algorithm_words_);
    if (std::ranges::find(algorithms, combinatorial) != algorithms.end()) check_combinatorial();
  }

  std::string subject(const Workload& workload) const override {
    const IndexRange range = range_of(workload);
    return fmt::format("For the primes of [{}, {}){}", short_number(range.begin),
                       short_number(range.end),
                       workload.algorithm.empty() ? "" : " by " + workload.algorithm);
  }

  std::string why_not_apart(const Workload& workload) const override {
    return prime_feed_named(workload.variant) == nullptr
               ? ""
               : "--feed is between processes of one machine";
  }
  std::string why_not_in_pieces(const Workload& workload) const override {
    return prime_feed_named(workload.variant) == nullptr
               ? ""
               : "numbers that --feed sends are folded as they come back, not by chunks";
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const IndexRange range : ranges_) {
      for (const std::string& name : split_list(algorithm_words_)) {
        const bool counts = name == combinatorial;
        const GrainLimits grain = counts ? leaf_grain(range) : prime_algorithm(name).grain(range);
        for (const std::string& order : split_list(order_words_))
          for (const std::string& feed : split_list(feed_words_))
            cases.push_back({.kernel = counts ? "prime_count" : prime_algorithm(name).kernel,
                             .variant = feed_words_ == "chunks" ? "" : feed,
                             .algorithm = name,
                             .size = range.size(),
                             .unit = "numbers",
                             .parameters = {{"from", range.begin},
                                            {"order", order},
                                            {"output", list_ ? "list" : "count"},
                                            {"seed", seed_}},
                             .grain = {.min = grain.min, .step = grain.step},
                             .max_grain = grain.max,
                             .facts = {{"to", range.end}}});
      }
    }
    return cases;
  }

  // By another algorithm than the one measured: by Legendre's recurrence where nothing but a count
  // is asked for; else by the textbook, and by tests where that would be slow, one by one if the batch
  // is what is measured.
  Answer expected(const Workload& workload) const override {
    const IndexRange range = range_of(workload);
    if (!lists(workload) && range.begin <= 2) return expected_count(workload);
    PrimeListHash hash;
    const auto add = [&](std::uint64_t p) { hash.add(p); };
    if (workload.algorithm != "batch") {
      for_each_reference_prime(range, add);
    } else if (tests_beat_textbook(range)) {
      for (std::uint64_t n = range.begin; n < range.end; ++n)
        if (is_prime_by_miller_rabin(n)) add(n);
    } else {
      for_each_prime_by_textbook(range, add);
    }
    return lists(workload) ? hash.answer() : Answer(hash.count);
  }

  /// The chunks' order and places, and a list: range.size() / ln(range.end) primes at least.
  double memory_bytes(const Arm& arm) const override {
    const IndexRange range = range_of(arm.workload);
    if (arm.workload.algorithm == combinatorial) return leaf_bytes(Chunking(range, arm.grain));
    const auto chunks = static_cast<double>(Chunking(range, arm.grain).chunks());
    if (!lists(arm.workload)) return chunks * sizeof(std::uint64_t);
    const double primes =
        range.end < 17
            ? 0  // J. B. Rosser, L. Schoenfeld, Illinois J. Math. 6, 1962, corollary 1
            : static_cast<double>(range.size()) / std::log(static_cast<double>(range.end));
    return (2 * chunks + primes) * sizeof(std::uint64_t);
  }

  OpenedArm open(const Arm& arm) const override {
    const PrimeFeed* feed = prime_feed_named(arm.workload.variant);
    // The serial baseline has nobody to feed.
    if (feed != nullptr && arm.executor.backend != "serial") return open_feed(arm, *feed);
    return lists(arm.workload) ? open_list(arm) : open_count(arm);
  }

  void print_product(FunctionRef<void(std::string_view)> print) const override {
    if (!list_) return;
    const SegmentedSieve sieve(ranges_.front().end);
    const Chunking chunking(ranges_.front(), 1 << 22);
    std::vector<std::uint64_t> primes;
    for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk) {
      primes.resize(most_primes_in(chunking[chunk]));
      primes.resize(sieve.list(chunking[chunk], primes.data()));
      if (!primes.empty()) print(fmt::format("{}\n", fmt::join(primes, "\n")));
    }
  }
  bool has_product() const override { return list_; }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string rounds = full ? "41" : "16";
    const std::string all = fmt::to_string(usable_cores());
    // Of the book's ranges a quick report has time for a part.
    const auto of_range = [&](const char* name, const char* from, const char* to,
                              std::vector<std::string> options) {
      std::vector<std::string> words = {"primes", "--algorithm", "trial", "--workers"};
      if (full)
        words.insert(words.begin() + 1, {"--range", name});
      else
        words.insert(words.begin() + 1, {"--from", from, "--to", to});
      words.insert(words.end(), options.begin(), options.end());
      return words;
    };
    return {
        {"primes-trial",
         of_range("B,D", "1e8", "100_040_000",
                  {full ? worker_counts() : all, "--backend", "all", "--rounds", rounds})},
        {"primes-grain",
         of_range("A", "1", "5e5",
                  {all, "--backend", grain_backend(), "--chunks",
                   full ? "1,2,3,4,5,6,7,8,10,16,64,256" : "1,2,3,4,8,16,64,256", "--order",
                   "ascending,shuffled", "--rounds", full ? "41" : "11"})},
        {"primes-growth",
         {"primes", "--from", "0", "--to",
          full ? "1e5,1e6,1e7,1e8,1e9,1e10,1e11" : "1e5,1e6,1e7,1e8", "--algorithm", "sieve",
          "--backend", grain_backend(), "--workers", all, "--rounds", full ? "7" : "9"}},
        {"primes-sieve",
         {"primes", "--from", "0", "--to", full ? "1e10" : "2e8", "--algorithm", "sieve",
          "--backend", "each", "--workers", all, "--rounds", rounds}},
        {"primes-feed",
         of_range("C", "1e8", "100_040_000",
                  {all, "--feed", "chunks,queue,queue_feeder,queue_odd,queue_bounded,map,imap",
                   "--backend", "processes:dynamic", "--baseline", "first", "--rounds",
                   full ? "21" : "9"})},
    };
  }

 private:
  /// Whose threads are kept between runs: new ones may share a core for their first milliseconds,
  /// which would hide the saw-tooth.
  static std::string grain_backend() {
    const bool openmp =
        std::ranges::find(backends(), "openmp", &BackendEntry::name) != backends().end();
    return openmp ? "openmp:dynamic" : "threads:dynamic";
  }

  static UsageError unknown_feed(const std::string& name) {
    std::vector<std::string> names = names_of(prime_feeds);
    names.insert(names.begin(), "chunks");
    return UsageError(unknown_name("--feed", name, names));
  }

  /// As prime_algorithm(), whose names are not all.
  static void known_algorithm(const std::string& name) {
    std::vector<std::string> names = names_of(prime_algorithms);
    names.emplace_back(combinatorial);
    require_known("algorithm", name, names);
  }
  void check_combinatorial() const {
    if (list_) throw UsageError("--algorithm combinatorial finds no primes; use sieve with --list");
    if (order_words_ != "ascending")
      throw UsageError("--algorithm combinatorial goes with --order ascending");
    for (const IndexRange range : ranges_) {
      if (range.begin > 2)
        throw UsageError(
            fmt::format("--algorithm combinatorial counts from 0 on, not from {}; "
                        "leave out --from",
                        range.begin));
    }
  }

  /// Of a range from 0, 1 or 2 on, by an algorithm that shares nothing with the one measured: Legendre's
  /// recurrence, or above it by leaves. Those are checked against tables, or against themselves with
  /// other leaves.
  static std::uint64_t expected_count(const Workload& workload) {
    const std::uint64_t end = range_of(workload).end;
    if (end <= most_counted) return count_primes_below(end);
    if (const auto known = known_primes_below(end)) return *known;
    constexpr double other_cut = 7;
    return PrimeCounter(end, workload.algorithm == combinatorial ? other_cut : 0).count();
  }

  static std::function<Answer()> open_feed(const Arm& arm, const PrimeFeed& feed) {
    if (arm.executor.backend != "processes")
      throw UsageError(
          fmt::format("--feed {} is between processes, not {}; use --backend "
                      "processes",
                      feed.name, arm.executor.backend));
    const IndexRange range = range_of(arm.workload);
    const int workers = arm.executor.workers;
    return [=, &feed]() -> Answer { return count_primes_fed(feed, range, workers); };
  }

  void read_free_range() {
    if (to_words_.empty()) throw UsageError("--to is missing; the range is [--from, --to)");
    const std::uint64_t from = from_words_.empty() ? 0 : parse_quantity("--from", from_words_, 0);
    for (const std::uint64_t to : parse_quantities("--to", to_words_, 0)) {
      if (from > to)
        throw UsageError(fmt::format("--from {} is above --to {}; swap them", from_words_, to));
      ranges_.push_back({from, to});
    }
  }
  void read_named_ranges() {
    for (const std::string& name : split_list(range_words_.empty() ? "B" : range_words_))
      ranges_.push_back(entry_named(named_ranges, "range", name).range);
  }

  /// Chunk numbers in the order in which they are handed out; empty: ascending.
  static std::vector<std::uint64_t> order_of(const Workload& workload, std::uint64_t chunks) {
    if (workload.parameter<std::string>("order") != "shuffled") return {};
    std::vector<std::uint64_t> order(chunks);
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::mt19937_64 random(workload.parameter<std::uint64_t>("seed"));
    std::shuffle(order.begin(), order.end(), random);
    return order;
  }

  static std::function<Answer()> open_count(const Arm& arm) {
    std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const Chunking chunking(range_of(arm.workload), arm.grain);
    if (arm.workload.algorithm == combinatorial)
      return [=]() -> Answer { return count_primes_by_leaves(*backend, chunking); };
    const auto order = order_of(arm.workload, chunking.chunks());
    const PrimeAlgorithm& algorithm = prime_algorithm(arm.workload.algorithm);
    return
        [=, &algorithm]() -> Answer { return count_primes(*backend, chunking, algorithm, order); };
  }

  static std::function<Answer()> open_list(const Arm& arm) {
    std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const Chunking chunking(range_of(arm.workload), arm.grain);
    const PrimeAlgorithm& algorithm = prime_algorithm(arm.workload.algorithm);
    const auto lists = std::make_shared<PrimeLists>(chunking);
    return [=, &algorithm]() -> Answer {
      return fold_primes<PrimeListHash>(
                 *backend, chunking, algorithm, {},
                 [&](const SegmentedSieve* sieve, IndexRange range) {
                   std::uint64_t* const primes = (*lists)[range];
                   const std::uint64_t count = algorithm.list(sieve, range, primes);
                   PrimeListHash hash;
                   for (std::uint64_t i = 0; i < count; ++i) hash.add(primes[i]);
                   return hash;
                 },
                 PrimeListHash::join)
          .answer();
    };
  }

  std::string range_words_, from_words_, to_words_;
  std::optional<std::string> asked_algorithms_;
  std::string algorithm_words_;
  std::string order_words_ = "ascending";
  std::string feed_words_ = "chunks";
  bool count_ = false;
  bool list_ = false;
  std::uint64_t seed_ = 1;
  std::vector<IndexRange> ranges_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Primes>();
});

}  // namespace
}  // namespace parlab
