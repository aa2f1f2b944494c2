#include "experiments/peers/peer_task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "experiments/options/worker_counts.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t darts = 1 << 22;  // some 2 ms of the fastest method
constexpr std::uint64_t prime_of_18_digits = 100109100129100151;

// Operations and stores are counted in the kernels' inner loops. A core of Zen 4 or 5 starts two
// 512-bit multiplications a cycle and stores once.
constexpr char philox_bound[] =
    "63 512-bit operations make and test 16 darts, 20 of them multiplications: on two vector ports "
    "2.0 cycles a dart. The words alone are a separate arm.";
constexpr char ars_bound[] =
    "7 AES rounds and 2 multiplications of 64 bytes for 8 darts. Zen 4 starts one of either a "
    "cycle (measured): 1.13 cycles a dart; where two start, 13 more operations on two ports: 1.25.";
constexpr char ars_53_bound[] =
    "7 AES rounds of 64 bytes for 4 darts. Zen 4 starts one a cycle: 1.75 cycles a dart.";
constexpr char philox_53_bound[] =
    "A whole block a dart: 55 512-bit operations for 8 blocks and 22 to convert and test 8 darts; "
    "on two ports 4.8 cycles a dart.";
constexpr char factor_bound[] =
    "8 operations on 32 candidates of 16 bits, 48 candidates in 105 odd numbers: on two ports "
    "0.057 cycles an odd number. No division bounds it any more.";
constexpr char sieve_bound[] =
    "A multiple crossed off is one store, and at most one a cycle: n 8/30 (ln ln sqrt(end) - ln ln "
    "251) of them for primes above the pre-sieve's 251, 0.17 n for [0, 1e9). The bytes, n / 30, "
    "stay in the caches; memory is not touched.";
constexpr char leaves_bound[] =
    "x^(2/3) / (log x)^2 leaves or so, each a look into a table or a count of bits in a sieve that "
    "stays in the caches. Memory is not touched.";
constexpr char range_bound[] =
    "Each base prime is divided into the range's start once: sqrt(end) / ln sqrt(end) divisions, "
    "eight of them in 16 cycles.";
constexpr char primality_bound[] =
    "64 squarings to base 2 and 128 multiplications for Lucas's test, each of three dependent "
    "64-bit products: some 192 x 11 cycles of latency for one number.";
constexpr char batch_bound[] =
    "192 Montgomery multiplications a prime, each of some 22 512-bit operations for 8 numbers: on "
    "two ports 264 cycles a prime.";
constexpr char histogram_bound[] =
    "A key is read, and a count loaded, added to and stored: one store a key, at most one a cycle. "
    "The table of 256 KiB stays in the second-level cache; 4 bytes a key come from memory.";
constexpr char sparse_bound[] =
    "12 bytes a nonzero come from memory, in order; the vector of 1 MiB stays in the caches. What "
    "memory delivers to one core is the serial arm of the experiment stream.";

Task primes(const std::string& name, const std::string& title, PeerTask kind, IndexRange range,
            std::vector<Goal> goals, const char* bound) {
  return {.name = name,
          .title = title,
          .kind = kind,
          .own = "sieve",
          .range = range,
          .goals = std::move(goals),
          .bound = bound};
}

std::vector<Task> dart_tasks() {
  const IndexRange range{0, darts};
  return {{.name = "pi",
           .title = "darts, 32 bits a coordinate",
           .kind = PeerTask::darts,
           .own = "simd",
           .range = range,
           .unit = "darts",
           .goals = {{"philox_words", 1.1},
                     {"all_cores", 0.975},
                     {"numpy_pcg64", 10},
                     {"random123_philox", 2.8}},
           .bound = philox_bound,
           .source = SourceTime{"the book's program: a loop in Python", 25.7 / 1e8}},
          {.name = "pi_ars",
           .title = "darts by ARS-7, 32 bits a coordinate",
           .kind = PeerTask::darts,
           .own = "ars",
           .range = range,
           .unit = "darts",
           .goals = {{"numpy_pcg64", 28}},
           .bound = ars_bound},
          {.name = "pi_53",
           .title = "darts, 53 bits a coordinate",
           .kind = PeerTask::darts_53,
           .own = "philox53",
           .range = range,
           .unit = "darts",
           .goals = {{"numpy_pcg64", 5.2}},
           .bound = philox_53_bound},
          {.name = "pi_ars_53",
           .title = "darts by ARS-7, 53 bits a coordinate",
           .kind = PeerTask::darts_53,
           .own = "ars53",
           .range = range,
           .unit = "darts",
           .goals = {{"numpy_pcg64", 8}},
           .bound = ars_53_bound}};
}

std::vector<Task> factor_tasks() {
  Task task{.name = "factor",
            .title = "all odd divisors of an 18-digit prime",
            .kind = PeerTask::find_factor,
            .own = "vector",
            .range = {3, integer_sqrt(prime_of_18_digits) + 1},
            .unit = "divisors",
            .goals = {{"remainder", 50}},
            .bound = factor_bound};
  Task parallel = task;
  parallel.workers = usable_cores();
  parallel.goals = {{"remainder", 95}};
  return {task, parallel};
}

/// Ranges of 1e8 to 1e10 numbers where primes that meet a segment rarely are what takes the time; those of
/// 1e9 are named by their beginning alone.
std::vector<Task> high_sieve_tasks() {
  struct Begin {
    const char* name;
    std::uint64_t number;  // 0: the range ends with the last number of 64 bits
  };
  struct Size {
    const char* name;
    std::uint64_t numbers;
    const char* in_task;
  };
  constexpr Begin begins[] = {{"1e12", 1'000'000'000'000},
                              {"1e15", 1'000'000'000'000'000},
                              {"1e18", 1'000'000'000'000'000'000},
                              {"top", 0}};
  constexpr Size sizes[] = {
      {"1e9", 1'000'000'000, ""}, {"1e8", 100'000'000, "+1e8"}, {"1e10", 10'000'000'000, "+1e10"}};
  std::vector<Task> tasks;
  for (const Begin& begin : begins) {
    for (const Size& size : sizes) {
      const std::uint64_t first =
          begin.number != 0 ? begin.number : ~std::uint64_t{0} - size.numbers;
      Task task = primes(fmt::format("sieve_{}{}", begin.name, size.in_task),
                         begin.number != 0
                             ? fmt::format("primes of [{0}, {0} + {1})", begin.name, size.name)
                             : fmt::format("primes of [2^64 - {}, 2^64)", size.name),
                         PeerTask::count_primes, {first, first + size.numbers},
                         {{"primesieve", 1.111}}, sieve_bound);
      task.slow = true;
      tasks.push_back(task);
      task.workers = usable_cores();
      tasks.push_back(task);
    }
  }
  return tasks;
}

std::vector<Task> sieve_tasks() {
  Task sieve = primes("sieve", "primes of [0, 1e9)", PeerTask::count_primes, {0, 1'000'000'000},
                      {{"primesieve", 1.25}, {"all_cores", 0.9}}, sieve_bound);
  Task parallel = sieve;
  parallel.workers = usable_cores();
  parallel.goals = {{"primesieve", 1.25}};
  Task long_sieve = primes("sieve_1e10", "primes of [0, 1e10)", PeerTask::count_primes,
                           {0, 10'000'000'000}, {{"primesieve", 1.111}}, sieve_bound);
  long_sieve.slow = true;
  Task long_parallel = long_sieve;
  long_parallel.workers = usable_cores();
  std::vector<Task> tasks = {sieve, parallel, long_sieve, long_parallel};
  std::ranges::copy(high_sieve_tasks(), std::back_inserter(tasks));
  return tasks;
}

/// Counted without being found.
std::vector<Task> below_tasks() {
  std::vector<Task> tasks;
  for (const auto& [word, end] : std::initializer_list<std::pair<const char*, std::uint64_t>>{
           {"1e12", 1'000'000'000'000}, {"1e15", 1'000'000'000'000'000}}) {
    Task task = primes(fmt::format("below_{}", word), fmt::format("primes below {}", word),
                       PeerTask::count_primes_below, {0, end}, {}, leaves_bound);
    task.own = "combinatorial";
    task.slow = end > 1'000'000'000'000;
    tasks.push_back(task);
    task.workers = usable_cores();
    tasks.push_back(task);
  }
  return tasks;
}

std::vector<Task> range_tasks() {
  struct Named {
    const char* name;
    const char* title;
    IndexRange range;
  };
  // Those of the book's chapter on multiprocessing.
  constexpr Named ranges[] = {{"A", "[1, 1e6)", {1, 1'000'000}},
                              {"B", "[1e8, 1e8 + 1e5)", {100'000'000, 100'100'000}},
                              {"C", "[1e8, 1.01e8)", {100'000'000, 101'000'000}},
                              {"D", "[1e9, 1e9 + 1e5)", {1'000'000'000, 1'000'100'000}},
                              {"E", "[1e11, 1e11 + 1e5)", {100'000'000'000, 100'000'100'000}}};
  // High Performance Python, chapter on multiprocessing. Its program with two queues, of which a
  // sentinel ends each, tests no divisor at all: the queues are what takes 199 s.
  const auto source_of = [](std::string_view name) -> std::optional<SourceTime> {
    if (name == "A") return SourceTime{"the book's program: numbers through two queues", 199 / 1e6};
    if (name == "C") return SourceTime{"the book's program: Python, without a queue", 25 / 1e6};
    return std::nullopt;
  };
  std::vector<Task> tasks;
  for (const auto& [name, title, range] : ranges) {
    tasks.push_back(primes(fmt::format("count_{}", name),
                           fmt::format("counted primes of {}", title), PeerTask::count_primes,
                           range, {{"primesieve", 1.111}}, range_bound));
    tasks.back().source = source_of(name);
    tasks.push_back(primes(fmt::format("list_{}", name), fmt::format("listed primes of {}", title),
                           PeerTask::list_primes, range, {{"primesieve", 1.111}}, range_bound));
  }
  return tasks;
}

std::vector<Task> decide_tasks() {
  const auto task = [](const char* name, const char* title, const char* own, const char* numbers,
                       double goal, const char* bound) {
    return Task{.name = name,
                .title = title,
                .kind = PeerTask::decide,
                .own = own,
                .range = {0, 4096},
                .numbers = numbers,
                .goals = {{"FLINT", goal}},
                .bound = bound};
  };
  return {
      task("is_prime", "primes near 2^64, one by one", "bpsw", "primes", 1.9, primality_bound),
      task("batch_odd", "random odd numbers near 2^64, a batch", "batch", "odd", 5.5, batch_bound),
      task("batch_primes", "primes near 2^64, a batch", "batch", "primes", 7.5, batch_bound)};
}

std::vector<Task> memory_tasks() {
  return {{.name = "histogram",
           .title = "counts of 65536 different keys",
           .kind = PeerTask::count_keys,
           .own = "histogram",
           .range = {0, 1 << 22},
           .unit = "keys",
           .numbers = "bins",
           .goals = {{"numpy_bincount", 1}},
           .bound = histogram_bound},
          {.name = "spmv",
           .title = "a sparse matrix times a vector",
           .kind = PeerTask::sparse_product,
           .own = "spmv",
           .range = {0, 1 << 17},
           .unit = "rows",
           .numbers = "row length",
           .goals = {{"Eigen", 1}},
           .bound = sparse_bound}};
}

}  // namespace

std::vector<Task> all_tasks() {
  std::vector<Task> tasks;
  for (auto make : {dart_tasks, factor_tasks, sieve_tasks, below_tasks, range_tasks, decide_tasks,
                    memory_tasks}) {
    for (Task& task : make()) {
      // Where there is one core, a task on all cores is the same task once more.
      const bool again =
          !tasks.empty() && tasks.back().name == task.name && tasks.back().workers == task.workers;
      if (!again) tasks.push_back(std::move(task));
    }
  }
  return tasks;
}

}  // namespace parlab
