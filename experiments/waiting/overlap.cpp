// overlap: find primes and save each through a slow server. Computing and waiting
// add up, unless one goes on while the other does.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "experiments/base/experiment.hpp"
#include "experiments/options/quantity.hpp"
#include "experiments/options/worker_counts.hpp"
#include "kernels/base/nearest_name.hpp"
#include "kernels/network/servers/delay_server.hpp"
#include "kernels/network/servers/saver.hpp"
#include "kernels/numerics/factors/trial_division.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {
namespace {

/// Methods to save, the slowest first.
const std::vector<std::string> methods_to_save = {"serial", "batches", "overlapped", "no_io"};

/// Chunks for each worker that are searched before what they hold is saved.
constexpr std::uint64_t chunks_per_worker = 4;

Answer answer_of(std::uint64_t primes, std::uint64_t sum, std::uint64_t failures = 0) {
  return failures == 0 ? fmt::format("{} primes, sum {}", primes, sum)
                       : fmt::format("{} primes, sum {}, {} not saved", primes, sum, failures);
}

/// The primes of a stretch of numbers, found by a backend, in order.
class PrimeSearch {
 public:
  PrimeSearch(const BackendSpec& executor, std::uint64_t grain)
      : backend_(make_backend(executor)),
        grain_(grain),
        room_(grain / 2 + 2),
        chunks_(chunks_per_worker * static_cast<std::uint64_t>(executor.workers)),
        found_(chunks_ * (room_ + 1) * sizeof(std::uint64_t)) {}

  /// Numbers that one call of find() may search.
  std::uint64_t stretch() const { return chunks_ * grain_; }

  template <class Take>
  void find(IndexRange range, const Take& take) {
    const Chunking chunking(range, grain_);
    auto* const found = reinterpret_cast<std::uint64_t*>(found_.data());
    const std::uint64_t width = room_ + 1;  // a chunk's count, then its primes
    backend_->for_chunks(chunking, [=, begin = range.begin, grain = grain_](IndexRange chunk) {
      std::uint64_t* const out = found + (chunk.begin - begin) / grain * width;
      out[0] = list_primes_by_trial(chunk, out + 1);
    });
    for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk) {
      const std::uint64_t* const out = found + chunk * width;
      for (std::uint64_t i = 0; i < out[0]; ++i) take(out[1 + i]);
    }
  }

 private:
  std::shared_ptr<Backend> backend_;
  std::uint64_t grain_;
  std::uint64_t room_;  // primes that a chunk may hold
  std::uint64_t chunks_;
  SharedMapping found_;
};

/// One arm: a server in its own process, a search, and a saver.
class FindAndSave {
 public:
  explicit FindAndSave(const Arm& arm)
      : range_{arm.workload.parameter<std::uint64_t>("from"),
               arm.workload.parameter<std::uint64_t>("from") + arm.workload.size},
        method_(arm.workload.variant),
        batch_(arm.workload.parameter<std::uint64_t>("batch")),
        server_(method_ == "no_io" ? nullptr : std::make_unique<DelayServerProcess>()),
        search_(arm.executor, arm.grain) {
    if (!server_) return;
    saver_.emplace(
        Job{.port = server_->port(),
            .at_once = method_ == "serial" ? 1 : batch_,
            .delay = std::chrono::milliseconds(arm.workload.parameter<std::uint64_t>("delay_ms"))});
  }

  Answer run() {
    std::uint64_t count = 0, sum = 0, in_batch = 0;
    Fetched saved;
    for (std::uint64_t begin = range_.begin; begin < range_.end;) {
      const std::uint64_t end = begin + std::min(search_.stretch(), range_.end - begin);
      search_.find({begin, end}, [&](std::uint64_t prime) {
        ++count;
        sum += prime;
        if (!saver_) return;
        saver_->save(prime);
        if (method_ == "overlapped" || (method_ == "batches" && ++in_batch < batch_)) return;
        in_batch = 0;
        saved.add(saver_->wait());
      });
      begin = end;
    }
    if (!saver_) return answer_of(count, sum);
    saved.add(saver_->wait());
    return answer_of(saved.answers, saved.sum, saved.failures);
  }

 private:
  IndexRange range_;
  std::string method_;
  std::uint64_t batch_;
  std::unique_ptr<DelayServerProcess> server_;  // forked before there are threads
  PrimeSearch search_;
  std::optional<Saver> saver_;
};

class Overlap final : public Experiment {
 public:
  std::string name() const override { return "overlap"; }
  int report_place() const override { return 90; }
  std::string question() const override {
    return "How to save results through a slow server without waiting for it?";
  }
  std::string why() const override {
    return "Saved one by one, each result costs the search and then the server's delay. A batch "
           "shares one delay among its results, but the search still stops while the batch is "
           "saved. Handed to a thread that waits for many answers at once, saving costs next to "
           "nothing but the last answer's delay: the run takes about what the search alone takes, "
           "as long as results come no faster than requests at once divided by the delay. More "
           "workers shorten the search, and so raise the share of waiting.";
  }

  void add_options(CLI::App& app) override {
    app.add_option(
        "--way", method_words_,
        "serial, batches, overlapped, no_io (find, save nothing); a list, or 'all' [all]");
    app.add_option("--from", from_words_, "first number [1e14]");
    app.add_option("--numbers", numbers_words_, "numbers to search [2000]");
    app.add_option("--delay", delay_words_, "milliseconds before the server answers [50]");
    app.add_option("--batch", batch_words_, "results per batch, and requests at once [100]");
  }
  void check_options() override {
    from_ = parse_quantity("--from", from_words_, 0, 1ULL << 62);
    numbers_ = parse_quantity("--numbers", numbers_words_, 1, 1ULL << 32);
    delay_ = parse_quantity("--delay", delay_words_, 0, 60'000);
    batch_ = parse_quantity("--batch", batch_words_, 1, 4'000);
    for (const std::string& name : split_list(method_words_)) {
      if (name == "all") {
        methods_ = methods_to_save;
      } else {
        require_known("method", name, methods_to_save);
        methods_.push_back(name);
      }
    }
  }
  std::string subject(const Workload& workload) const override {
    return fmt::format("With the primes of {} numbers, each saved in {} ms",
                       short_number(workload.size), workload.parameter<std::uint64_t>("delay_ms"));
  }

  std::vector<Workload> workloads() const override {
    std::vector<Workload> cases;
    for (const std::string& method : methods_)
      cases.push_back({.kernel = "find_and_save",
                       .variant = method,
                       .size = numbers_,
                       .unit = "numbers",
                       .parameters = {{"from", from_}, {"delay_ms", delay_}, {"batch", batch_}},
                       .grain = {.min = 8}});
    return cases;
  }
  Answer expected(const Workload& workload) const override {
    std::uint64_t count = 0, sum = 0;
    const std::uint64_t from = workload.parameter<std::uint64_t>("from");
    for (std::uint64_t n = from; n < from + workload.size; ++n) {
      if (!is_prime(n)) continue;
      ++count;
      sum += n;
    }
    return answer_of(count, sum);
  }
  OpenedArm open(const Arm& arm) const override {
    const auto work = std::make_shared<FindAndSave>(arm);
    return [=]() -> Answer { return work->run(); };
  }

  std::vector<SuiteEntry> suite(Profile profile) const override {
    const bool full = profile == Profile::full;
    return {{"overlap",
             {"overlap", "--baseline", "first", "--numbers", full ? "2000" : "60", "--delay",
              full ? "50" : "10", "--batch", full ? "100" : "10", "--backend",
              full ? "each" : "serial,threads:dynamic", "--grain", "8", "--workers",
              fmt::to_string(usable_cores()), "--rounds", full ? "11" : "7"}}};
  }

 private:
  std::string method_words_ = "all", from_words_ = "1e14", numbers_words_ = "2000";
  std::string delay_words_ = "50", batch_words_ = "100";
  std::uint64_t from_ = 0, numbers_ = 0, delay_ = 0, batch_ = 0;
  std::vector<std::string> methods_;
};

const RegisterExperiment registered([]() -> std::unique_ptr<Experiment> {
  return std::make_unique<Overlap>();
});

}  // namespace
}  // namespace parlab
