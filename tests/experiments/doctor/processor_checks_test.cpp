#include "experiments/doctor/processor_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kernels/machine/made_up_machine.hpp"

namespace parlab {
namespace {

using made_up::MachineFolder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char cpu_folder[] = "sys/devices/system/cpu/";

/// Eight processors, two of each core.
MachineFolder& eight_processors(MachineFolder& folder) {
  folder.file(std::string(cpu_folder) + "online", "0-7");
  for (int cpu = 0; cpu < 8; ++cpu)
    folder.file(cpu_folder + ("cpu" + std::to_string(cpu)) + "/topology/thread_siblings_list",
                std::to_string(cpu % 4) + "," + std::to_string(cpu % 4 + 4));
  return folder;
}

TEST(ProcessorChecks, SayUnknownAndWhatToDoWhereNothingIsTold) {
  const MachineFolder folder;
  const Machine machine = folder.machine();
  for (const Finding& finding :
       {check_load(machine), check_governor(machine), check_turbo(machine), check_siblings(machine),
        check_virtual_machine(machine), check_affinity(machine),
        check_steal(machine.processor_time(), machine.processor_time())}) {
    EXPECT_EQ(finding.status, "unknown") << finding.check;
    EXPECT_FALSE(finding.cure.empty()) << finding.check;
  }
}

TEST(LoadCheck, WarnsFromHalfABusyCore) {
  MachineFolder folder;
  eight_processors(folder).file("proc/loadavg", "0.50 7.00 7.00 1/99 1");
  const Finding quiet = check_load(folder.machine());
  EXPECT_EQ(quiet.status, "ok");
  EXPECT_EQ(quiet.found, "0.50, 7.00, 7.00 over 1, 5, 15 min; 8 usable cores");
  EXPECT_THAT(quiet.cure, IsEmpty());
  folder.file("proc/loadavg", "0.51 0.00 0.00 1/99 1");
  EXPECT_EQ(check_load(folder.machine()).status, "warning");
  EXPECT_THAT(check_load(folder.machine()).cure, HasSubstr("top"));
}

TEST(GovernorCheck, WantsPerformanceOnEveryProcessor) {
  MachineFolder folder;
  eight_processors(folder).file(cpu_folder + std::string("cpu0/cpufreq/scaling_governor"),
                                "performance");
  EXPECT_EQ(check_governor(folder.machine()).status, "ok");
  folder.file(cpu_folder + std::string("cpu7/cpufreq/scaling_governor"), "powersave");
  const Finding mixed = check_governor(folder.machine());
  EXPECT_EQ(mixed.status, "warning");
  EXPECT_EQ(mixed.found, "performance, powersave");
  EXPECT_THAT(mixed.cure, HasSubstr("cpupower"));
}

TEST(TurboCheck, ReadsBothDrivers) {
  MachineFolder intel;
  intel.file(cpu_folder + std::string("intel_pstate/no_turbo"), "0");
  EXPECT_EQ(check_turbo(intel.machine()).status, "warning");
  EXPECT_THAT(check_turbo(intel.machine()).cure, HasSubstr("echo 1 | sudo tee /sys/"));
  intel.file(cpu_folder + std::string("intel_pstate/no_turbo"), "1");
  EXPECT_EQ(check_turbo(intel.machine()).status, "ok");

  MachineFolder amd;
  amd.file(cpu_folder + std::string("cpufreq/boost"), "1");
  EXPECT_EQ(check_turbo(amd.machine()).status, "warning");
  EXPECT_THAT(check_turbo(amd.machine()).cure, HasSubstr("echo 0 | sudo tee /sys/"));
  amd.file(cpu_folder + std::string("cpufreq/boost"), "0");
  EXPECT_EQ(check_turbo(amd.machine()).status, "ok");
}

TEST(SiblingsCheck, NamesOneProcessorACore) {
  MachineFolder folder;
  const Finding shared = check_siblings(eight_processors(folder).machine());
  EXPECT_EQ(shared.status, "warning");
  EXPECT_EQ(shared.found, "8 processors on 4 cores");
  EXPECT_THAT(shared.cure, HasSubstr("taskset -c 0,1,2,3 "));
}

TEST(SiblingsCheck, CountsOnlyTheAllowedProcessors) {
  MachineFolder folder;
  eight_processors(folder).file("proc/self/status", "Cpus_allowed_list:\t3-6");
  EXPECT_EQ(check_siblings(folder.machine()).status, "ok");
  folder.file("proc/self/status", "Cpus_allowed_list:\t3-7");
  const Finding shared = check_siblings(folder.machine());
  EXPECT_EQ(shared.found, "5 processors on 4 cores");
  EXPECT_THAT(shared.cure, HasSubstr("taskset -c 3,4,5,6 "));
}

TEST(VirtualMachineCheck, ReadsTheHypervisorFlag) {
  MachineFolder folder;
  folder.file("proc/cpuinfo", "flags : fpu avx");
  EXPECT_EQ(check_virtual_machine(folder.machine()).status, "ok");
  folder.file("proc/cpuinfo", "flags : fpu hypervisor avx");
  EXPECT_EQ(check_virtual_machine(folder.machine()).status, "warning");
  EXPECT_THAT(check_virtual_machine(folder.machine()).cure, HasSubstr("bare metal"));
}

TEST(StealCheck, WarnsOfThePastAndOfThePresent) {
  using Time = Machine::ProcessorTime;
  const auto status = [](Time before, Time after) { return check_steal(before, after).status; };
  EXPECT_EQ(status({0, 1000}, {0, 1001}), "ok");
  EXPECT_EQ(status({9, 1000}, {9, 1001}), "ok");
  EXPECT_EQ(status({11, 1000}, {11, 1001}), "warning") << "1.1 % since boot";
  EXPECT_EQ(status({1, 1000}, {1.02, 1000.5}), "ok") << "one tick of fifty";
  EXPECT_EQ(status({1, 1000}, {1.04, 1000.5}), "warning");
  EXPECT_EQ(status({0, 0}, {0, 0}), "ok");
  EXPECT_EQ(check_steal(Time{9, 1000}, Time{9.1, 1001}).found,
            "0.9 % of the requested time since boot, 10.0 % just now");
}

TEST(QuotaCheck, CountsWhatTheQuotaPaysFor) {
  MachineFolder folder;
  eight_processors(folder).file("proc/self/cgroup", "0::/");
  EXPECT_EQ(check_quota(folder.machine()).found, "none");
  folder.file("sys/fs/cgroup/cpu.max", "250000 100000");
  const Finding limited = check_quota(folder.machine());
  EXPECT_EQ(limited.status, "warning");
  EXPECT_EQ(limited.found, "2.50 cores' worth of time");
  EXPECT_THAT(limited.cure, HasSubstr("--workers 2"));
  folder.file("sys/fs/cgroup/cpu.max", "800000 100000");
  EXPECT_EQ(check_quota(folder.machine()).status, "ok");
}

TEST(AffinityCheck, ComparesAllowedWithOnline) {
  MachineFolder folder;
  eight_processors(folder).file("proc/self/status", "Cpus_allowed_list:\t0-127");
  EXPECT_EQ(check_affinity(folder.machine()).status, "ok");
  folder.file("proc/self/status", "Cpus_allowed_list:\t2-3");
  const Finding bound = check_affinity(folder.machine());
  EXPECT_EQ(bound.status, "warning");
  EXPECT_EQ(bound.found, "2 of 8 processors allowed");
  EXPECT_THAT(bound.cure, HasSubstr("taskset -cp 0-7 $$"));
}

}  // namespace
}  // namespace parlab
