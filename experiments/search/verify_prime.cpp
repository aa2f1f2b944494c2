// verify_prime: whether one number is prime. By a search for a factor below its root, split over
// workers, who stop when one of them has found something; or by a test that needs no factor and no
// worker besides one. What tells the workers, how often they look, and how the divisors are divided
// are options: with them this is the book's series of programs, and then some.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>

#include "experiments/base/experiment.hpp"
#include "experiments/base/standard_streams.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "experiments/search/prime_search.hpp"
#include "experiments/sharing/redis_choice.hpp"
#include "kernels/backends/search/cancellable_search.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/parallel/factor_ranges.hpp"

namespace parlab {
namespace {

struct NamedNumber {
  const char* name;
  std::uint64_t number;
};
/// Those of the book's chapter on multiprocessing.
constexpr std::array<NamedNumber, 5> named_numbers = {{
    {"trivial", 112272535095295},       // 5 * 109 * 206004651551
    {"nonprime1", 100109100129100369},  // 95362951 * 1049769319
    {"nonprime2", 100109100129101027},  // 171656941 * 583192847
    {"prime1", 100109100129100151},
    {"prime2", 100109100129162907},
}};

constexpr char bpsw[] = "bpsw";

/// The largest prime of 14 digits: ten milliseconds of division, so that ways which take a hundred
/// times as long can be raced with it.
constexpr char small_prime[] = "99999999999973";
/// The largest of 16 digits, 0.1 s of division, and 30099997 * 332225941, whose factor is found after
/// 0.03 s, at the same share of the way as that of nonprime1: what a quick report has time for.
constexpr char middle_prime[] = "9999999999999937";
constexpr char middle_composite[] = "9999999827422177";
constexpr char shared_memory_flags[] = "none,small_first,raw_value,mmap,mmap_redux";

/// Divisions between two polls of a search by naive division, as in the book (CHECK_EVERY).
constexpr std::uint64_t divisions_per_poll_naive = 1000;

/// The variable that lets OpenMP cancel.
constexpr char cancellation[] = "OMP_CANCELLATION";

/// What the user has set it to, or null.
const char* wished_cancellation() {
  return std::getenv(cancellation);  // NOLINT(concurrency-mt-unsafe): nothing sets it here
}

bool is_search(const std::string& algorithm) { return algorithm != bpsw; }

std::uint64_t number_named(const std::string& text) {
  const auto named = std::ranges::find(named_numbers, text, &NamedNumber::name);
  return named != named_numbers.end() ? named->number : parse_quantity("--number", text);
}

std::uint64_t number_of(const Workload& workload) {
  return number_named(parameter_named(workload.parameters, "number").text());
}

/// A name of the book's, or the number: a list of names is not an axis of a figure.
ParameterValue number_parameter(const std::string& word) {
  const bool named =
      std::ranges::find(named_numbers, word, &NamedNumber::name) != named_numbers.end();
  return named ? ParameterValue(word) : ParameterValue(number_named(word));
}

/// Those that decide: from 2 to the root.
Answer answer_for(std::uint64_t number, bool prime) {
  return number < 2 ? "neither prime nor composite" : prime ? "prime" : "composite";
}
Answer answer_for_factor(std::uint64_t number, std::uint64_t factor) {
  if (factor == 0) return answer_for(number, true);
  return fmt::format("divisible by {}", factor);
}

/// Throws UsageError, naming the nearest, where one of the list is not among `names`.
std::vector<std::string> checked_list(const std::string& what, const std::string& words,
                                      const std::vector<std::string>& names) {
  std::vector<std::string> list = split_list(words);
  for (const std::string& word : list) require_known(what, word, names);
  return list;
}

class VerifyPrime final : public Experiment {
 public:
  std::string name() const override { return "verify_prime"; }
  int report_place() const override { return 25; }
  std::string question() const override {
    return "Is a number prime: how fast can a search for its factors get, and is a search needed?";
  }
  std::string why() const override {
    return "A prime has no factor, so each divisor up to its root is tried, by one worker or "
           "another: even work that splits well. Of a composite number only the divisors up to its "
           "least factor "
           "need be tried, by one worker; with more of them the time depends on which part holds "
           "the factor, and on how soon the others learn of it. A flag in shared memory is read in "
           "a fraction of the time of one division, so it may be polled as often as one likes; a "
           "flag behind a socket costs a round trip, thousands of divisions, each time. The vector "
           "search tries 32 divisors at once by quotients that are linear in the divisor, without "
           "a division. A probable-prime test (bpsw) needs some hundred multiplications and no "
           "workers: a better algorithm beats any number of cores.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--number", number_words_,
                   "any number below 2^64, or one of the book's by name: trivial, nonprime1, "
                   "nonprime2, prime1, prime2; or a list; or book for all five [prime1]");
    app.add_option("--algorithm", algorithm_words_,
                   "naive: every odd divisor; wheel: those coprime to 210; vector: the same in "
                   "SIMD; bpsw: a test without divisors; or a list [vector]");
    app.add_option("--flag", flag_words_,
                   "what tells the workers that a factor was found. none; small_first: none, but "
                   "divisors below 21 before any worker starts; atomic (threads see it); "
                   "raw_value, mmap (shared memory); mmap_redux (mmap, polled between blocks "
                   "instead of by a counter); manager, redis (servers); cancel (of tbb or openmp, "
                   "instead of a flag); or a list; or each [raw_value]");
    app.add_option(
        "--split", split_words_,
        "contiguous: one part for each worker; strided: every n-th block, n workers; dynamic: "
        "many chunks by the backend's schedule (--grain); or a list [dynamic]");
    app.add_option(
        "--divisions-per-poll", poll_words_,
        "divisions between two reads of the flag; a list for a sweep [naive 1000, else 131072]");
    app.add_option("--find", find_words_, "any: any factor will do; first: the smallest one [any]");
    redis_.add_options(app);
    app.add_flag("--redis-fallback", redis_fallback_,
                 "go on with a flag in shared memory where Redis fails");
  }
  void check_options() override {
    if (number_words_ == "book") {
      for (const NamedNumber& named : named_numbers) numbers_.emplace_back(named.name);
    } else {
      numbers_ = split_list(number_words_);
      for (const std::string& word : numbers_) number_named(word);  // throws
    }
    std::vector<std::string> names = names_of(factor_searches);
    names.emplace_back(bpsw);
    algorithms_ = checked_list("algorithm", algorithm_words_, names);
    flags_ = flag_words_ == "each" ? each_flag() : checked_list("--flag", flag_words_, prime_flags);
    splits_ = checked_list("--split", split_words_, prime_splits);
    if (!poll_words_.empty())
      polls_ = parse_quantities("--divisions-per-poll", poll_words_, 1, 1ULL << 40);
    checked_list("--find", find_words_, {"any", "first"});
    if (first() && std::ranges::find(splits_, "strided") != splits_.end())
      throw UsageError("--find first goes with --split contiguous or dynamic, not strided");
    if (first()) flags_ = {"minimum"};
    if (std::ranges::find(flags_, "redis") != flags_.end()) prepare_redis();
  }

  std::string subject(const Workload& workload) const override {
    return fmt::format("For {}{}", number_of(workload),
                       workload.task.empty() ? " by " + workload.algorithm : "");
  }

  std::string why_not_apart(const Workload& workload) const override {
    for (const std::string flag : {"manager", "redis", "cancel"})
      if (workload.variant == flag || workload.variant.starts_with(flag + " "))
        return fmt::format("of --flag {} each worker would have its own; use raw_value", flag);
    return "";
  }
  std::string why_not_in_pieces(const Workload& workload) const override {
    if (!is_search(workload.algorithm)) return "a test without divisors takes no time";
    if (splits_ != std::vector<std::string>{"dynamic"})
      return "with --split contiguous or strided no worker ends before the run does; use --split "
             "dynamic";
    return workload.variant == "cancel" ? "what --flag cancel ends is no fold; use raw_value" : "";
  }
  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::string& number : numbers_)
      for (const std::string& algorithm : algorithms_) {
        if (!is_search(algorithm)) {
          const std::uint64_t size = divisors_of(number_named(number)).size();
          cases.push_back({.kernel = "primality",
                           .algorithm = algorithm,
                           .size = size,
                           .unit = "divisors",
                           .parameters = {{"number", number_parameter(number)}},
                           .grain = {.min = size},
                           .task = task_of(number)});
          continue;
        }
        const std::uint64_t automatic =
            algorithm == "naive" ? divisions_per_poll_naive : divisors_per_poll / 2;
        for (const std::uint64_t poll : polls_.empty() ? std::vector{automatic} : polls_)
          for (const std::string& split : splits_)
            for (const std::string& flag : flags_)
              cases.push_back(search_case(number, algorithm, flag, split, poll));
      }
    return cases;
  }

  // Neither by divisors nor by the test that is measured; the smallest factor by division in steps
  // that no arm takes.
  Answer expected(const Workload& workload) const override {
    const std::uint64_t number = number_of(workload);
    if (!first() || !is_search(workload.algorithm) || is_prime_by_miller_rabin(number))
      return answer_for(number, is_prime_by_miller_rabin(number));
    for (std::uint64_t divisor = 2; divisor <= number / divisor; ++divisor)
      if (number % divisor == 0) return answer_for_factor(number, divisor);
    return answer_for_factor(number, 0);
  }

  OpenedArm open(const Arm& arm) const override {
    const std::uint64_t number = number_of(arm.workload);
    if (!is_search(arm.workload.algorithm)) {
      std::shared_ptr<Backend> backend = make_backend(arm.executor);
      return [=]() -> Answer {
        const auto test = [=](IndexRange) -> char { return is_prime(number) ? 1 : 0; };
        return answer_for(number, backend->map_chunks(Chunking({0, 1}, 1), test).front() != 0);
      };
    }
    const std::string variant = arm.workload.variant;
    const std::size_t space = variant.find(' ');
    const PrimeSearch search{
        .number = number,
        .algorithm = arm.workload.algorithm,
        .flag = variant.substr(0, space),
        .split = space == std::string::npos ? splits_.front() : variant.substr(space + 1),
        .divisions_per_poll = arm.workload.parameter<std::uint64_t>("divisions per poll"),
        .first = first(),
        .executor = arm.executor,
        .grain = arm.grain};
    const auto factor_of = search.open(redis_.address(), redis_fallback_);
    const bool smallest = first();
    return [=]() -> Answer {
      const std::uint64_t factor = factor_of();
      if (factor != 0 && (number % factor != 0 || factor < 2))
        return fmt::format("{} is not a factor", factor);
      return smallest ? answer_for_factor(number, factor) : answer_for(number, factor == 0);
    };
  }

  /// GCC's runtime looks once whether it may cancel, as it is loaded.
  std::map<std::string, std::string> variables(const Arm& arm) const override {
    const bool cancels =
        arm.workload.variant == "cancel" || arm.workload.variant.starts_with("cancel ");
    if (!cancels || arm.executor.backend != "openmp" || wished_cancellation() != nullptr) return {};
    return {{cancellation, "true"}};
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    const std::string cores = fmt::to_string(usable_cores());
    const std::string composite = full ? "nonprime1" : middle_composite;
    std::vector<SuiteEntry> entries = {
        {"verify-prime-algorithms",
         {"verify_prime", "--algorithm", "naive,wheel,vector,bpsw", "--backend", "serial",
          "--number", full ? "prime1" : small_prime, "--baseline", "first", "--rounds",
          full ? "41" : "15"}},
        {"verify-prime-backends",
         {"verify_prime", "--algorithm", full ? "naive,vector" : "vector", "--backend", "each",
          "--workers", cores, "--rounds", full ? "41" : "15"}},
        {"verify-prime-flags",
         {"verify_prime", "--algorithm", "naive", "--split", "contiguous", "--flag", "each",
          "--backend", "serial,processes", "--workers", cores, "--number",
          full ? "book" : small_prime, "--baseline", "first", "--rounds", full ? "21" : "9"}},
        {"verify-prime-book",
         {"verify_prime", "--algorithm", "naive", "--split", "contiguous", "--flag",
          full ? shared_memory_flags : "none", "--backend",
          full ? "serial,processes,threads" : "serial,processes", "--workers", cores, "--number",
          full ? "prime1" : middle_prime, "--baseline", "first", "--rounds", full ? "41" : "7"}},
        {"verify-prime-splits",
         {"verify_prime", "--algorithm", "naive", "--number", composite, "--split",
          "contiguous,strided,dynamic", "--backend", "serial,processes:dynamic", "--workers", cores,
          "--baseline", "first", "--rounds", full ? "41" : "7"}},
    };
    // The quick report leaves out how often to poll.
    if (full)
      entries.push_back(
          {"verify-prime-polls",
           {"verify_prime", "--algorithm", "naive", "--number", small_prime, "--split",
            "contiguous", "--flag", poll_flags(), "--backend", "processes", "--workers", cores,
            "--divisions-per-poll", "1,10,100,500,1000,10000,100000", "--baseline", "first",
            "--rounds", "21"}});
    if (const std::string backends = cancelling(); !backends.empty())
      entries.push_back({"verify-prime-cancel",
                         {"verify_prime", "--algorithm", "naive", "--number", composite, "--split",
                          "dynamic", "--flag", "cancel,atomic", "--backend", backends, "--workers",
                          cores, "--rounds", full ? "41" : "9"}});
    return entries;
  }

 private:
  bool first() const { return find_words_ == "first"; }

  /// All that processes can share and this machine has.
  static std::vector<std::string> each_flag() {
    std::vector<std::string> flags;
    for (const std::string& flag : prime_flags) {
      if (flag == "atomic" || flag == "cancel") continue;  // threads only
      if (flag == "redis" && !RedisChoice::why_not().empty()) {
        tell("parlab: the redis flag is left out: {}\n", RedisChoice::why_not());
        continue;
      }
      flags.push_back(flag);
    }
    return flags;
  }
  static std::string poll_flags() {
    return RedisChoice::why_not().empty() ? "none,raw_value,manager,redis"
                                          : "none,raw_value,manager";
  }
  /// Backends whose cancellation the user has not switched off.
  static std::string cancelling() {
    std::vector<std::string> names = cancellable_backends();
    const char* openmp = wished_cancellation();
    if (openmp != nullptr && strcasecmp(openmp, "true") != 0) std::erase(names, "openmp");
    return fmt::format("{}", fmt::join(names, ","));
  }

  void prepare_redis() {
    try {
      redis_.prepare();
    } catch (const std::exception& error) {
      if (!redis_fallback_) throw;
      tell("parlab: going on with a local flag: {}\n", error.what());
    }
  }

  Workload search_case(const std::string& number, const std::string& algorithm,
                       const std::string& flag, const std::string& split,
                       std::uint64_t poll) const {
    return {.kernel = "factor_search",
            .variant = splits_.size() > 1 ? flag + " " + split : flag,
            .algorithm = algorithm,
            .size = divisors_of(number_named(number)).size(),
            .unit = "divisors",
            .parameters = {{"number", number_parameter(number)},
                           {"divisions per poll", poll},
                           {"find", find_words_}},
            .grain = {.min = divisors_per_poll},
            .max_grain = factor_grain.max,
            .task = task_of(number)};
  }
  /// Several algorithms for one number race each other, though they look at different divisors.
  std::string task_of(const std::string& number) const {
    return algorithms_.size() > 1 ? "verify " + number : "";
  }

  std::string number_words_ = "prime1";
  std::string algorithm_words_ = "vector";
  std::string flag_words_ = "raw_value";
  std::string split_words_ = "dynamic";
  std::string poll_words_;
  std::string find_words_ = "any";
  RedisChoice redis_;
  bool redis_fallback_ = false;
  std::vector<std::string> numbers_;  // names, or digits
  std::vector<std::string> algorithms_;
  std::vector<std::string> flags_;
  std::vector<std::string> splits_;
  std::vector<std::uint64_t> polls_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<VerifyPrime>();
});

}  // namespace
}  // namespace parlab
