// scaling: how far more workers go. Strong: the same work for each number of workers; weak: as much
// work for each worker. On even work (pi) and on work that is not (a sieve, whose chunks differ), over
// threads and over ranks; and what a message between two ranks costs, which bounds both.

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "experiments/base/experiment.hpp"
#include "experiments/options/backend_choice.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/numerics/sieve/prime_count.hpp"
#include "kernels/parallel/darts.hpp"
#include "kernels/parallel/prime_ranges.hpp"
#include "kernels/posix/sockets.hpp"

namespace parlab {
namespace {

constexpr char pi_kernel[] = "pi", primes_kernel[] = "primes";
constexpr char strong[] = "strong", weak[] = "weak";

/// Round trips of a run: the command that starts one is a message, too, which then is below a percent.
constexpr int round_trips = 50;
/// Bytes: what fits in a packet, what is sent at once, what is sent in parts.
constexpr std::array<std::uint64_t, 3> message_sizes{8, 64 << 10, 1 << 20};

/// Bytes that a socket takes before somebody reads them, of the 200 kB that Linux gives it.
constexpr std::size_t socket_piece = 32 << 10;

bool is_message(const Workload& workload) { return workload.kernel == "message"; }

/// Whether ranks can be started from here.
bool has_mpi() {
  if (!find_entry(backends(), "mpi")) return false;
  try {
    find_mpirun();
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

/// A message that goes to the other rank and comes back, or in one process as often through a
/// socket.
class Message {
 public:
  explicit Message(std::uint64_t bytes) : sent_(bytes), back_(bytes) {
    for (std::size_t i = 0; i < sent_.size(); ++i) sent_[i] = byte_at(i);
  }

  static std::uint64_t checksum_of(std::uint64_t bytes) { return Message(bytes).sum(); }

  /// Between ranks 0 and 1, in both of which it is called: of two, a broadcast is one message.
  void send(Ranks& ranks) {
    for (int trip = 0; trip < round_trips; ++trip) {
      ranks.broadcast(std::as_writable_bytes(std::span(ranks.rank() == 0 ? sent_ : back_)), 0);
      ranks.broadcast(std::as_writable_bytes(std::span(back_)), 1);
    }
  }
  /// Through a socket of this process: what the kernel takes to pass it on.
  void pass() {
    for (int message = 0; message < 2 * round_trips; ++message)
      for (std::size_t at = 0; at < sent_.size(); at += socket_piece) {
        const std::size_t bytes = std::min(socket_piece, sent_.size() - at);
        if (write(sockets_.here.get(), &sent_[at], bytes) != static_cast<ssize_t>(bytes) ||
            read(sockets_.there.get(), &back_[at], bytes) != static_cast<ssize_t>(bytes))
          throw std::runtime_error("a socket of this process passes nothing on");
      }
  }
  /// Of what came back, which the next one must bring again.
  std::uint64_t conclude() {
    const std::uint64_t sum = sum_of(back_);
    std::ranges::fill(back_, 0);
    return sum;
  }

 private:
  static unsigned char byte_at(std::size_t i) {
    return static_cast<unsigned char>(i * 131 + (i >> 8) + 1);
  }
  static std::uint64_t sum_of(const std::vector<unsigned char>& bytes) {
    std::uint64_t sum = 0;
    for (const unsigned char byte : bytes) sum = sum * 31 + byte;
    return sum;
  }
  std::uint64_t sum() const { return sum_of(sent_); }

  std::vector<unsigned char> sent_, back_;
  SocketPair sockets_ = make_socket_pair(SOCK_STREAM, "make a socket");
};

class Scaling final : public Experiment {
 public:
  std::string name() const override { return "scaling"; }
  int report_place() const override { return 35; }
  std::string question() const override {
    return "How far do more workers and more ranks go, and what keeps them from going further?";
  }
  std::string why() const override {
    return "A run has a part that one worker does alone, workers wait for each other, and what "
           "they "
           "share they must tell each other. Amdahl's law has the first alone: with a serial "
           "fraction f no number of workers is faster than 1 / f. The universal scalability law "
           "adds a cost for each pair of workers, by which more of them make a run slower in the "
           "end. Karp and Flatt's metric is the serial fraction that one number of workers shows "
           "by itself: where it grows with the workers, the cost is not a serial part but theirs "
           "together. Workers beyond the cores share them, so that no fit uses their times.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("--kernel", kernel_words_,
                   "pi: even work; primes: a sieve, whose chunks differ; or a list [pi,primes]");
    app.add_option(
        "--mode", mode_words_,
        "strong: the same size for all; weak: --darts and --numbers for each worker; or a "
        "list [strong,weak]");
    app.add_option("--darts", darts_words_, "darts of pi [2e7]");
    app.add_option("--numbers", numbers_words_, "numbers of primes, from 0 [2e8]");
  }
  void set_seed(std::uint64_t seed) override { seed_ = seed; }
  void set_workers(const std::vector<int>& workers) override {
    workers_ = workers;
    if (std::ranges::find(modes_, weak) != modes_.end() &&
        std::ranges::find(workers, 1) == workers.end())
      throw UsageError(
          "weak scaling is against one worker: add 1 to --workers, or ask for --mode strong");
  }
  std::string usual_backends() const override {
    return kept_threads("static") + (has_mpi() ? ",mpi" : "");
  }
  std::string usual_workers() const override { return worker_counts(); }
  void check_options() override {
    kernels_ = split_list(kernel_words_);
    for (const std::string& kernel : kernels_)
      require_known("kernel", kernel, {pi_kernel, primes_kernel});
    modes_ = split_list(mode_words_);
    for (const std::string& mode : modes_) require_known("mode", mode, {strong, weak});
    darts_ = parse_quantity("--darts", darts_words_, 1, max_size);
    numbers_ = parse_quantity("--numbers", numbers_words_, 1, max_size);
  }

  bool tells_scaling() const override { return true; }
  bool cases_race() const override { return true; }
  std::string why_not_apart(const Workload&) const override { return ""; }
  std::string why_not_in_pieces(const Workload&) const override {
    return "it compares numbers of workers";
  }
  /// A weak case is for its own number of workers alone, a message for two ranks.
  bool takes_part(const Workload& workload, const BackendSpec& executor) const override {
    if (is_message(workload)) return executor.backend == "mpi" && executor.workers == 2;
    if (workload.variant != weak) return true;
    const bool is_first = workload.size == base_size(workload);
    if (executor.backend == "serial") return is_first;
    return workload.size == base_size(workload) * static_cast<std::uint64_t>(executor.workers);
  }
  std::string subject(const Workload& workload) const override {
    if (is_message(workload))
      return fmt::format("With messages of {} bytes", short_number(workload.size));
    return fmt::format("With {} {}", short_number(workload.size), workload.unit);
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::string& kernel : kernels_)
      for (const std::string& mode : modes_) {
        if (mode == strong) {
          cases.push_back(workload_of(kernel, mode, 1));
        } else {
          // One worker's first: the baseline.
          std::vector<int> ascending = workers_;
          std::ranges::sort(ascending);
          for (const int workers : ascending)
            cases.push_back(workload_of(kernel, mode, static_cast<std::uint64_t>(workers)));
        }
      }
    for (const std::uint64_t bytes : message_sizes)
      cases.push_back({.kernel = "message",
                       .variant = "ping-pong",
                       .algorithm = "message",
                       .size = bytes,
                       .unit = "bytes",
                       .grain = {.min = bytes, .max = bytes},
                       .facts = {{"messages", 2 * round_trips}}});
    return cases;
  }

  // By another variant of the darts; by Legendre's recurrence; by the bytes that were sent.
  Answer expected(const Workload& workload) const override {
    if (is_message(workload)) return Message::checksum_of(workload.size);
    if (workload.algorithm == primes_kernel) return count_primes_below(workload.size);
    const auto backend = make_backend({"threads", "dynamic", usable_cores()});
    const DartKernel plain = dart_variant(dart_variant("simd").reference).count_inside;
    return count_darts(*backend, Chunking({0, workload.size}, 1 << 20), plain, seed_);
  }

  OpenedArm open(const Arm& arm) const override {
    if (is_message(arm.workload)) return open_message(arm.workload.size);
    std::shared_ptr<Backend> backend = make_backend(arm.executor);
    const Chunking chunking({0, arm.workload.size}, arm.grain);
    if (arm.workload.algorithm == primes_kernel)
      return [=, &sieve = prime_algorithm("sieve")]() -> Answer {
        return count_primes(*backend, chunking, sieve);
      };
    return [=, count = dart_variant("simd").count_inside, seed = seed_]() -> Answer {
      return count_darts(*backend, chunking, count, seed);
    };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    if (full)
      return {{"scaling", {"scaling", "--darts", "1e8", "--numbers", "1e9", "--rounds", "41"}}};
    // Ranks take a second to start, each time: of them the messages and one kernel.
    return {{"scaling",
             {"scaling", "--kernel", "primes", "--numbers", "2e8", "--mode", "strong", "--rounds",
              "9"}}};
  }

 private:
  /// So that no weak case of max_workers overflows.
  static constexpr std::uint64_t max_size = 1'000'000'000'000;

  std::uint64_t base_size(const Workload& workload) const {
    return workload.algorithm == pi_kernel ? darts_ : numbers_;
  }

  int max_workers_asked() const { return workers_.empty() ? 1 : std::ranges::max(workers_); }
  std::uint64_t max_weak_size(std::uint64_t size) const {
    return size * static_cast<std::uint64_t>(max_workers_asked());
  }
  /// The same chunks for every number of workers, strong and weak: only workers are compared.
  GrainLimits one_grain(const GrainLimits& limits, std::uint64_t size) const {
    const std::uint64_t grain = automatic_grain(size, max_workers_asked(), limits);
    return {.min = grain, .max = grain};
  }

  Workload workload_of(const std::string& kernel, const std::string& mode,
                       std::uint64_t times) const {
    Workload workload;
    workload.variant = mode;
    workload.algorithm = kernel;
    workload.task = mode + " " + kernel;
    if (kernel == pi_kernel) {
      workload.kernel = "monte_carlo";
      workload.size = darts_ * times;
      workload.unit = "darts";
      workload.facts = {{"seed", seed_}};
      workload.grain = one_grain({.min = dart_grain.min}, darts_);
    } else {
      const PrimeAlgorithm& sieve = prime_algorithm("sieve");
      workload.kernel = sieve.kernel;
      workload.size = numbers_ * times;
      workload.unit = "numbers";
      const GrainLimits grain = sieve.grain({0, max_weak_size(numbers_)});
      workload.grain = one_grain({.min = grain.min, .step = grain.step}, numbers_);
    }
    return workload;
  }

  static OpenedArm open_message(std::uint64_t bytes) {
    const auto message = std::make_shared<Message>(bytes);
    Ranks* const ranks = joined_ranks();
    OpenedArm arm([=]() -> Answer {
      if (ranks != nullptr)
        message->send(*ranks);
      else
        message->pass();
      return nullptr;
    });
    arm.conclude = [=]() -> Answer { return message->conclude(); };
    return arm;
  }

  std::string kernel_words_ = "pi,primes", mode_words_ = "strong,weak";
  std::string darts_words_ = "2e7", numbers_words_ = "2e8";
  std::vector<std::string> kernels_, modes_;
  std::uint64_t seed_ = 1, darts_ = 0, numbers_ = 0;
  std::vector<int> workers_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Scaling>();
});

}  // namespace
}  // namespace parlab
