#include "experiments/commands/command_race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "experiments/measure/race/arm_process.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "kernels/posix/process/stray_processes.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Of a commit, as nobody waits for a build indefinitely.
constexpr std::chrono::hours longest_build{24};

std::string with_reason(const std::string& text, const std::string& reason) {
  return reason.empty() ? text : text + ": " + reason;
}

/// Runs what stands beside a command, which must succeed. `role`: "--prepare".
void run_beside(const CommandStart& start, const char* role) {
  const CommandRun run = run_command(start);
  if (!run.status.success())
    throw CommandFailed(
        with_reason(fmt::format("{} ended with {}", role, run.status.describe()), run.last_error));
}

Answer answer_of(const CommandRun& run, const CommandRules& rules) {
  Answer answer = {{"exit_code", *run.status.code}};
  if (rules.same_output) {
    answer["output_bytes"] = run.output_bytes;
    answer["output_digest"] = run.output_digest;
  }
  return answer;
}

/// The answer of a run that ended as a program does. Throws CommandFailed for another.
Answer answer_of_end(const CommandRun& run, const CommandRules& rules) {
  if (!run.status.code) throw CommandFailed(with_reason(run.status.describe(), run.last_error));
  if (rules.exit_code && *run.status.code != *rules.exit_code)
    throw CommandFailed(
        with_reason(fmt::format("exit code {} instead of {}", *run.status.code, *rules.exit_code),
                    run.last_error));
  return answer_of(run, rules);
}

/// A command in the process of its arm, and what its runs took since that was last asked.
class RunningCommand {
 public:
  RunningCommand(Command command, CommandRules rules, Answer reference, std::string reference_name)
      : command_(std::move(command)),
        rules_(std::move(rules)),
        reference_(std::move(reference)),
        reference_name_(std::move(reference_name)) {}

  Answer run() {
    if (rules_.startup) add_startup(run_command(*rules_.startup));
    const CommandRun run = run_command(command_.start);
    Answer answer = answer_of_end(run, rules_);
    require_reference(answer, run);
    if (command_.conclude) run_beside(*command_.conclude, "--conclude");
    add(run);
    return answer;
  }

  void prepare() const {
    if (command_.prepare) run_beside(*command_.prepare, "--prepare");
  }

  RunFigures figures() {
    last_ = std::exchange(sum_, {});
    return {.seconds = last_.seconds - last_.startup_seconds,
            .cpu_seconds = cpu_seconds(),
            .context_switches = last_.context_switches,
            .peak_rss_bytes = static_cast<std::uint64_t>(last_.peak_bytes)};
  }

  /// Of one run, on average.
  json metrics() const {
    if (!(last_.seconds > last_.startup_seconds))
      throw CommandFailed(
          "takes no longer than an empty program, whose time --subtract-startup takes off");
    const auto each = [this](double sum) { return sum / std::max(1.0, last_.runs); };
    json numbers = {{"wall_seconds", each(last_.seconds)},
                    {"cpu_seconds", each(cpu_seconds())},
                    {"user_seconds", each(last_.user_seconds)},
                    {"system_seconds", each(last_.system_seconds)},
                    {"context_switches", each(last_.context_switches)},
                    {"page_faults", each(last_.page_faults)},
                    {"major_faults", each(last_.major_faults)},
                    {"peak_bytes", last_.peak_bytes},
                    {"starter_bytes", starter_bytes_}};
    if (rules_.startup) numbers["startup_seconds"] = each(last_.startup_seconds);
    return numbers;
  }

 private:
  struct Sums {
    double runs = 0, seconds = 0, user_seconds = 0, system_seconds = 0, context_switches = 0,
           page_faults = 0, major_faults = 0, peak_bytes = 0, startup_seconds = 0,
           startup_cpu_seconds = 0;
  };

  double cpu_seconds() const {
    return std::max(0.0, last_.user_seconds + last_.system_seconds - last_.startup_cpu_seconds);
  }

  void require_reference(const Answer& answer, const CommandRun& run) const {
    if (reference_.is_null() || answer == reference_) return;
    if (answer.at("exit_code") != reference_.at("exit_code"))
      throw CommandFailed(
          with_reason(fmt::format("exit code {} instead of {}, that of {}", *run.status.code,
                                  reference_.at("exit_code").get<int>(), reference_name_),
                      run.last_error));
    const auto bytes = reference_.at("output_bytes").get<std::uint64_t>();
    throw CommandFailed(fmt::format(
        "its output differs from that of {}: {}", reference_name_,
        run.output_bytes == bytes ? fmt::format("{} other bytes", bytes)
                                  : fmt::format("{} bytes, not {}", run.output_bytes, bytes)));
  }

  void add(const CommandRun& run) {
    ++sum_.runs;
    sum_.seconds += run.seconds;
    sum_.user_seconds += run.user_seconds;
    sum_.system_seconds += run.system_seconds;
    sum_.context_switches += static_cast<double>(run.context_switches);
    sum_.page_faults += static_cast<double>(run.page_faults);
    sum_.major_faults += static_cast<double>(run.major_faults);
    sum_.peak_bytes = std::max(sum_.peak_bytes, static_cast<double>(run.peak_bytes));
  }

  void add_startup(const CommandRun& run) {
    sum_.startup_seconds += run.seconds;
    sum_.startup_cpu_seconds += run.user_seconds + run.system_seconds;
  }

  const Command command_;
  const CommandRules rules_;
  const Answer reference_;
  const std::string reference_name_;
  const std::uint64_t starter_bytes_ = bytes_before_exec();
  Sums sum_, last_;
};

}  // namespace

CommandRace::CommandRace(std::vector<Command> commands, CommandRules rules)
    : commands_(std::move(commands)), rules_(std::move(rules)) {
  if (rules_.exit_code && !rules_.same_output) reference_ = {{"exit_code", *rules_.exit_code}};
}

void CommandRace::make_worktrees(const InterruptionGuard& interruption) {
  worktrees_ = std::make_unique<GitWorktrees>(rules_.git->repository);
  std::map<std::string, std::string> failures;  // by commit
  for (Command& command : commands_) {
    CommandStart build = command.start;
    build.folder = worktrees_->folder_of(command.commit);
    build.words = {"sh", "-c", rules_.git->build};
    build.digests_output = false;
    build.may_leave_processes = true;
    build.timeout = longest_build;
    const auto [failure, is_new] = failures.try_emplace(command.commit);
    if (is_new) {
      const auto check_out_and_build = [&]() -> Answer {
        adopt_orphans();
        worktrees_->check_out(command.commit);
        if (!rules_.git->build.empty()) run_beside(build, "--build");
        return nullptr;
      };
      try {
        answer_of_process(check_out_and_build, 2 * longest_build, interruption);
      } catch (const ArmFailed& failed) {
        failure->second = failed.what();
      }
    }
    command.failure = failure->second;
    command.start.folder = build.folder;
    for (auto* beside : {&command.setup, &command.prepare, &command.conclude})
      if (*beside) (*beside)->folder = build.folder;
  }
}

void CommandRace::set_up(const InterruptionGuard& interruption) {
  if (rules_.git) make_worktrees(interruption);
  const auto in_a_process = [&](Command& command, const auto& work) {
    if (!command.failure.empty()) return;
    try {
      const auto adopting = [&] {
        adopt_orphans();
        return work(command);
      };
      Answer answer = answer_of_process(adopting, patience(command), interruption);
      if (!reference_.is_null() || answer.is_null()) return;
      reference_ = std::move(answer);
      reference_name_ = command.label;
    } catch (const ArmFailed& failed) {
      command.failure = failed.what();
    }
  };
  for (Command& command : commands_)
    if (command.setup)
      in_a_process(command, [](const Command& it) -> Answer {
        run_beside(*it.setup, "--setup");
        return nullptr;
      });
  for (Command& command : commands_)
    if (reference_.is_null())
      in_a_process(command, [this](const Command& it) -> Answer {
        if (std::string why = why_not_startable(it.start); !why.empty()) throw CommandFailed(why);
        if (it.prepare) run_beside(*it.prepare, "--prepare");
        Answer answer = answer_of_end(run_command(it.start), rules_);
        if (it.conclude) run_beside(*it.conclude, "--conclude");
        return answer;
      });
}

std::string CommandRace::question() const {
  return fmt::format("Which command takes {} {}?",
                     rules_.figure.quantity == std::string("context switches") ||
                             rules_.figure.quantity == std::string("page faults")
                         ? "fewer"
                         : "less",
                     rules_.figure.quantity);
}

std::string CommandRace::why() const {
  return "Whole programs: each run is started anew and timed from its start to its end. The "
         "figures "
         "count the program and the processes that it has waited for.";
}

std::vector<Workload> CommandRace::workloads() const {
  std::vector<Workload> cases;
  for (const Command& command : commands_) {
    Workload workload{.kernel = "command", .algorithm = command.label, .size = 1, .unit = "run"};
    workload.task = "commands";
    workload.facts = {{"command", command.text}, {"words", command.start.words}};
    if (!command.commit.empty()) workload.facts["commit"] = command.commit;
    if (!command.parameters.empty()) workload.facts["parameters"] = command.parameters;
    cases.push_back(std::move(workload));
  }
  return cases;
}

std::string CommandRace::subject(const Workload& /*workload*/) const { return "In these rounds,"; }

std::string CommandRace::remark(const Workload& workload, const std::vector<json>& rounds) const {
  if (rounds.empty()) return "";
  const auto median_of = [&](const char* name) {
    std::vector<double> values;
    for (const json& round : rounds) values.push_back(round.at(name));
    return median(std::move(values));
  };
  const double seconds = median_of("wall_seconds"), starter_bytes = median_of("starter_bytes");
  if (rules_.figure.name == std::string("memory"))
    return median_of("peak_bytes") > 1.05 * starter_bytes
               ? ""
               : fmt::format(
                     "The peak memory of {} is below what can be seen: a process has {:.2g} MB "
                     "before it becomes the program",
                     workload.algorithm, 1e-6 * starter_bytes);
  if (rules_.startup || seconds >= short_run_seconds) return "";
  return fmt::format(
      "A run of {} takes {:.2g} ms: below {:g} ms much of it is the start of a process "
      "(--subtract-startup takes that off)",
      workload.algorithm, 1e3 * seconds, 1e3 * short_run_seconds);
}

const Command& CommandRace::command_of(const Workload& workload) const {
  const auto found = std::ranges::find(commands_, workload.algorithm, &Command::label);
  if (found == commands_.end()) throw std::invalid_argument("not a command of this race");
  return *found;
}

std::chrono::duration<double> CommandRace::patience(const Command& command) const {
  return 3 * command.start.timeout + std::chrono::seconds(10);
}

OpenedArm CommandRace::open(const Arm& arm) const {
  const Command& command = command_of(arm.workload);
  if (!command.failure.empty()) throw CommandFailed(command.failure);
  if (std::string why = why_not_startable(command.start); !why.empty()) throw CommandFailed(why);
  adopt_orphans();
  const auto running =
      std::make_shared<RunningCommand>(command, rules_, reference_, reference_name_);
  for (int i = 1; i < rules_.warmup; ++i) {  // the engine makes a run of its own
    running->prepare();
    running->run();
  }
  OpenedArm opened([running]() -> Answer { return running->run(); });
  opened.metrics = [running] { return running->metrics(); };
  opened.figures = [running] { return running->figures(); };
  if (command.prepare || command.conclude || rules_.startup)
    opened.prepare = [running] { running->prepare(); };
  return opened;
}

}  // namespace parlab
