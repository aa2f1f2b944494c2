#include "experiments/doctor/processor_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/machine/kernel_files.hpp"

namespace parlab {
namespace {

/// Runnable tasks beside ours: half a core in use already slows an arm that wants all of them.
constexpr double quiet_load = 0.5;

/// Shares of the time that processors wanted, since boot and during the probe. The probe lasts
/// about 50 ticks of the kernel's clock, so that a single stolen tick must pass.
constexpr double steal_since_boot = 0.01;
constexpr double steal_during_probe = 0.05;

constexpr char no_turbo[] = "sys/devices/system/cpu/intel_pstate/no_turbo";
constexpr char boost[] = "sys/devices/system/cpu/cpufreq/boost";

/// The allowed processors without those that share a core with one before them; nullopt where the
/// kernel does not tell who shares with whom.
std::optional<std::vector<int>> one_cpu_a_core(const Machine& machine) {
  std::vector<int> chosen;
  std::vector<int> taken;
  for (const int cpu : machine.allowed_cpus()) {
    const auto siblings = machine.read(
        fmt::format("sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    if (!siblings) return std::nullopt;
    if (std::find(taken.begin(), taken.end(), cpu) != taken.end()) continue;
    chosen.push_back(cpu);
    for (const int sibling : parse_cpu_list(*siblings)) taken.push_back(sibling);
  }
  return chosen;
}

double stolen_share(double steal_seconds, double wanted_seconds) {
  return wanted_seconds > 0 ? steal_seconds / wanted_seconds : 0;
}

}  // namespace

Finding check_load(const Machine& machine) {
  constexpr char check[] = "load average";
  const auto load = machine.load();
  if (!load)
    return Finding::unknown(check, "not reported", "Look for busy processes with `ps aux`.");
  const std::string found = fmt::format("{:.2f}, {:.2f}, {:.2f} over 1, 5, 15 min; {} usable cores",
                                        (*load)[0], (*load)[1], (*load)[2], machine.usable_cores());
  if ((*load)[0] <= quiet_load) return Finding::ok(check, found);
  return Finding::warning(
      check, found,
      fmt::format("See what runs with `top -o %CPU`; wait until the first figure is below {}.",
                  quiet_load));
}

Finding check_governor(const Machine& machine) {
  constexpr char check[] = "CPU governor";
  const auto governors = machine.governors();
  if (governors.empty())
    return Finding::unknown(
        check, "not reported",
        "In a virtual machine the host sets it: compare arms of the same rounds "
        "only.");
  const std::string found = fmt::format("{}", fmt::join(governors, ", "));
  if (governors.size() == 1 && governors.contains("performance")) return Finding::ok(check, found);
  return Finding::warning(check, found, "sudo cpupower frequency-set -g performance");
}

Finding check_turbo(const Machine& machine) {
  constexpr char check[] = "turbo";
  const char* cure = nullptr;
  bool on = false;
  if (const auto off = machine.read(no_turbo)) {
    on = *off == "0";
    cure = "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo";
  } else if (const auto boosted = machine.read(boost)) {
    on = *boosted != "0";
    cure = "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost";
  } else {
    return Finding::unknown(check, "not reported",
                            "Expect one worker to run at a higher clock than many: read efficiency "
                            "with that in mind.");
  }
  if (!on) return Finding::ok(check, "off");
  return Finding::warning(check, "on: the clock falls as more cores work", cure);
}

Finding check_siblings(const Machine& machine) {
  constexpr char check[] = "SMT siblings";
  const auto cores = one_cpu_a_core(machine);
  const std::size_t allowed = machine.allowed_cpus().size();
  if (!cores || cores->empty())
    return Finding::unknown(check, "not reported",
                            "Compare the processor's data sheet with `lscpu -e`.");
  if (cores->size() == allowed) {
    return Finding::ok(check, machine.virtual_machine() ? "none, as far as the hypervisor tells"
                                                        : "no two allowed processors share a core");
  }
  return Finding::warning(
      check, fmt::format("{} processors on {} cores", allowed, cores->size()),
      fmt::format("One processor a core: taskset -c {} build/parlab ...", fmt::join(*cores, ",")));
}

Finding check_virtual_machine(const Machine& machine) {
  constexpr char check[] = "virtual machine";
  if (!machine.has("proc/cpuinfo"))
    return Finding::unknown(check, "not reported", "Mount /proc, then run this again.");
  if (!machine.virtual_machine()) return Finding::ok(check, "no");
  return Finding::warning(check, "yes: neighbours and the host's clock cannot be seen from here",
                          "Trust ratios from the same rounds; take absolute times on bare metal.");
}

Finding check_steal(const std::optional<Machine::ProcessorTime>& before,
                    const std::optional<Machine::ProcessorTime>& after) {
  constexpr char check[] = "steal time";
  if (!before || !after)
    return Finding::unknown(check, "not reported", "Look at the column `st` of `vmstat 1`.");
  const double since_boot = stolen_share(after->steal_seconds, after->wanted_seconds);
  const double during = stolen_share(after->steal_seconds - before->steal_seconds,
                                     after->wanted_seconds - before->wanted_seconds);
  const std::string found =
      fmt::format("{:.1f} % of the requested time since boot, {:.1f} % just now", 100 * since_boot,
                  100 * during);
  if (since_boot <= steal_since_boot && during <= steal_during_probe)
    return Finding::ok(check, found);
  return Finding::warning(check, found,
                          "Other guests take the cores: measure at another time, or on a machine "
                          "with dedicated cores.");
}

Finding check_quota(const Machine& machine) {
  constexpr char check[] = "CPU quota";
  const auto quota = machine.cpu_quota();
  if (!quota) return Finding::ok(check, "none");
  const std::string found = fmt::format("{:.2f} cores' worth of time", *quota);
  if (*quota >= static_cast<double>(machine.allowed_cpus().size()))
    return Finding::ok(check, found + ", all that are allowed");
  return Finding::warning(
      check, found,
      fmt::format("Start the container without a CPU limit, or stay at --workers "
                  "{}: further threads are throttled.",
                  machine.usable_cores()));
}

Finding check_affinity(const Machine& machine) {
  constexpr char check[] = "affinity";
  const auto online = machine.online_cpus();
  const auto allowed = machine.allowed_cpus();
  if (online.empty())
    return Finding::unknown(check, "not reported", "Compare with `taskset -cp $$`.");
  const std::string found =
      fmt::format("{} of {} processors allowed", allowed.size(), online.size());
  if (allowed.size() == online.size()) return Finding::ok(check, found);
  return Finding::warning(check, found,
                          fmt::format("taskset -cp {}-{} $$, or start the container without "
                                      "--cpuset-cpus",
                                      online.front(), online.back()));
}

}  // namespace parlab
