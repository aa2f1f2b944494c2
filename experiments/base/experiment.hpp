#pragma once

// An experiment asks one question of the machine. It names the cases (what is computed), knows the
// right answer of each, and opens an arm: one case on one backend. Who runs when, and what the
// times say, is the business of measure/.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "experiments/base/parameters.hpp"
#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/machine/processors/placement.hpp"
#include "kernels/parallel/grain.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace parlab {

/// What a run returns: a number, a string or a list of them. Compared with ==, bit for bit.
using Answer = nlohmann::json;

/// What is computed, whoever computes it.
struct Workload {
  std::string kernel;
  std::string variant = "";    // "" where the kernel has one
  std::string algorithm = "";  // "" where the kernel has one
  std::uint64_t size = 0;
  std::string unit;             // what size counts: "darts"
  Parameters parameters = {};   // further axes: seed, order, range
  GrainLimits grain = {};       // of an automatic grain
  std::uint64_t max_grain = 0;  // some 10 ms of work, where a run must soon be interrupted; 0: not
                                // known. Races leave it out: they end processes
  std::string task = "";        // cases of one task race each other, whatever their size and
                                // parameters; the first of them is the baseline
  bool splittable = true;       // false: the answer depends on the split, so one chunk on serial
  bool externally_timed = false;  // others set how long a run takes, which is not a speed: not
                                  // compared; its metrics tell
  nlohmann::json facts = nlohmann::json::object();  // no axes, but for the record: the generator
  bool self_parallel = false;  // starts its own workers, as many as it is told: on no backend
  double bytes_per_run = 0;    // that a run moves, and
  double flops_per_run = 0;    // operations that it makes; 0 where it is not known: for rates
  double loads_per_run = 0;    // that wait for each other on each worker: for the latency of one

  /// Throws std::logic_error where there is none of that name, or it is of another type.
  template <class T>
  T parameter(std::string_view name) const {
    return parameter_named(parameters, name).as<T>(name);
  }

  friend bool operator==(const Workload&, const Workload&) = default;
};

/// One workload on one backend with one grain: what is timed.
struct Arm {
  Workload workload;
  BackendSpec executor;
  std::uint64_t grain = 1;
  std::map<std::string, std::string> environment = {};  // variables that its process starts with
  Placement pin = Placement::none;                      // of its workers on processors
};

/// What runs took, added up.
struct RunFigures {
  double seconds = 0, cpu_seconds = 0, context_switches = 0;
  std::uint64_t peak_rss_bytes = 0;  // of the largest process
};

/// An arm made ready in its own process.
struct OpenedArm {
  std::function<Answer()> run;  // each call is one run, all of it timed
  /// Called after each sample, outside the time: numbers of the arm's own, each named with its
  /// unit, as in {"pss_bytes": 4096}. The same names at every call.
  std::function<nlohmann::json()> metrics = {};
  /// Called before each run, outside the time: puts back what a run changes.
  std::function<void()> prepare = {};
  /// Called after each sample, outside the time: the answer, in place of what run returned.
  std::function<Answer()> conclude = {};
  /// What the runs since its last call took, where other processes make them: in place of what the
  /// arm's own took.
  std::function<RunFigures()> figures = {};
  /// What processes beside the arm's own took since the last call, which is added to what that took.
  std::function<RunFigures()> beside = {};

  template <class Run>
  requires std::is_invocable_r_v<Answer, Run&> OpenedArm(Run only_run)
      : run(std::move(only_run)) {}  // NOLINT: an arm mostly is its run
  OpenedArm(std::function<Answer()> run, std::function<nlohmann::json()> metrics)
      : run(std::move(run)), metrics(std::move(metrics)) {}
};

/// One command of a suite. Its name is the result file's: "pi-backends".
struct SuiteEntry {
  std::string name;
  std::vector<std::string> arguments;  // as after `parlab run`, the experiment first
};

enum class Profile { quick, full };

class Experiment {
 public:
  virtual ~Experiment() = default;

  virtual std::string name() const = 0;
  /// What a user learns from it, as a question of one line.
  virtual std::string question() const = 0;
  /// The mechanism behind the answer, for the report: a few sentences.
  virtual std::string why() const = 0;

  /// Adds options of its own to the command line.
  virtual void add_options(CLI::App& app) = 0;
  /// The seed of the command line, for experiments with random numbers.
  virtual void set_seed(std::uint64_t) {}
  /// --workers of the command line, for experiments whose cases follow from it. After check_options().
  virtual void set_workers(const std::vector<int>&) {}
  /// What --backend and --workers are where nobody says; "" for every backend, and for the usable cores.
  virtual std::string usual_backends() const { return ""; }
  virtual std::string usual_workers() const { return ""; }
  /// Checks the options, once they are read. Throws UsageError.
  virtual void check_options() {}
  /// Printed instead of a race where it is not empty: no more than this was asked for.
  virtual std::string instead() const { return {}; }

  virtual std::vector<Workload> workloads() const = 0;

  /// Why the workload does not run on a backend whose workers share no memory; "" where it does: then its
  /// chunks return all that a run needs of them, and each run makes the same calls of its backend.
  virtual std::string why_not_apart(const Workload&) const { return "its workers share memory"; }

  /// Why a run of the workload cannot be made in pieces (--checkpoint); "" where it can: then it is one
  /// fold on its backend, by map_reduce or by what asks Backend::keeper() as that does.
  virtual std::string why_not_in_pieces(const Workload&) const {
    return "its runs move what lies in memory, or take no time";
  }
  /// What the answer depends on besides the workload and this program: what names the code of the
  /// user's kernel.
  virtual std::string code_of(const Workload&) const { return ""; }

  /// Whether the arms are the cases themselves, alternative methods that are compared with each
  /// other, the first being the baseline: then each runs on the serial backend, and what workers it
  /// has are its own. --backend, --workers and --grain do not apply, nor does `parlab compare`.
  virtual bool compares_methods() const { return false; }

  /// Whether cases of one task race each other although they run on backends: then the first case on
  /// serial is the baseline, unless --baseline asks for another.
  virtual bool cases_race() const { return false; }

  /// Whether this case runs on this backend with so many workers: false leaves the arm out. Baselines
  /// are not asked for.
  virtual bool takes_part(const Workload&, const BackendSpec&) const { return true; }

  /// Whether the result tells how its times scale over workers: fits, and what a message costs.
  virtual bool tells_scaling() const { return false; }

  /// Whether --grain and --chunks apply: false where a case fixes its chunks itself.
  virtual bool takes_grain() const { return !compares_methods(); }

  /// The case in a sentence that goes on with an arm's name: "With 1e8 darts".
  virtual std::string subject(const Workload& workload) const;

  /// What verdicts are on, in a sentence: "takes 1.2x the time of". Less of it is better.
  virtual std::string quantity() const { return "time"; }

  /// Whether each arm of the case has a headline, against its baseline. Where no case has, the
  /// headlines tell the best of the largest size and its nearest rival.
  virtual bool each_has_headline(const Workload&) const { return false; }

  /// What an arm's own numbers say, in a sentence that stands below the headlines; "" for nothing.
  /// `rounds`: what metrics gave, one a round.
  virtual std::string remark(const Workload&, const std::vector<nlohmann::json>& /*rounds*/) const {
    return "";
  }

  /// The right answer, by a way that no arm takes. May take long: it is asked in its own process.
  virtual Answer expected(const Workload& workload) const = 0;
  /// Whether `answer` is right, given what expected() returned.
  virtual bool correct(const Workload& workload, const Answer& answer,
                       const Answer& expected) const;

  /// Bytes of memory that the arm surely takes: its arrays and lists, as doubles count them. Where
  /// they are more than there are, the race is refused before it begins.
  virtual double memory_bytes(const Arm&) const { return 0; }

  /// Makes an arm ready. Called in the arm's own process.
  virtual OpenedArm open(const Arm& arm) const = 0;

  /// Variables that the arm's process must be started with, because a runtime reads them as it is
  /// loaded. They are not set for others, nor recorded.
  virtual std::map<std::string, std::string> variables(const Arm&) const { return {}; }

  /// Whether `parlab run` has something to print on stdout besides the measurement, which then goes
  /// to stderr: a list of primes, say.
  virtual bool has_product() const { return false; }
  virtual void print_product(FunctionRef<void(std::string_view)> /*print*/) const {}

  /// Sections of the report stand in this order, equal ones by name.
  virtual int report_place() const { return 100; }
  /// What `parlab suite` runs of it.
  virtual std::vector<SuiteEntry> suite(Profile profile) const = 0;
};

class RegisterExperiment {
 public:
  using Make = std::unique_ptr<Experiment> (*)();
  explicit RegisterExperiment(Make make);
};

/// All experiments, by name; each call makes new ones with their options at the defaults.
std::vector<std::unique_ptr<Experiment>> make_experiments();

/// The one of that name. Throws UsageError, with its new or the nearest valid name, where there is none.
std::unique_ptr<Experiment> make_experiment(const std::string& name);

/// 100000000 as "1e8", 65536 as "65536", 1250000 as "1.25e6".
std::string short_number(std::uint64_t value);

/// An answer that stands for more than can be kept: "checksum 00000000000000ff".
std::string checksum_text(std::uint64_t sum);

}  // namespace parlab
