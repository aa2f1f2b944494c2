#include "experiments/doctor/system_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kernels/machine/made_up_machine.hpp"

namespace parlab {
namespace {

using made_up::MachineFolder;
using ::testing::HasSubstr;

TEST(SystemChecks, SayUnknownAndWhatToDoWhereNothingIsTold) {
  const MachineFolder folder;
  const Machine machine = folder.machine();
  for (const Finding& finding :
       {check_memory(machine), check_swap(machine), check_huge_pages(machine),
        check_clock_source(machine), check_shared_memory(machine), check_open_files(machine),
        check_processes(machine), check_counters(machine)}) {
    EXPECT_EQ(finding.status, "unknown") << finding.check;
    EXPECT_FALSE(finding.cure.empty()) << finding.check;
  }
}

TEST(MemoryCheck, WantsAGibibyteAndATenth) {
  MachineFolder folder;
  const auto status = [&](const char* total, const char* available) {
    folder.file("proc/meminfo", std::string("MemTotal: ") + total +
                                    " kB\nMemFree: 1 kB\nMemAvailable: " + available + " kB");
    return check_memory(folder.machine()).status;
  };
  EXPECT_EQ(status("8388608", "1048576"), "ok");
  EXPECT_EQ(status("8388608", "1048575"), "warning");
  EXPECT_EQ(status("16777216", "1048576"), "warning") << "less than a tenth";
}

TEST(SwapCheck, WarnsOfWhatIsSwappedOut) {
  MachineFolder folder;
  folder.file("proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB");
  EXPECT_EQ(check_swap(folder.machine()).found, "none");
  folder.file("proc/meminfo", "SwapTotal: 1048576 kB\nSwapFree: 1000000 kB");
  EXPECT_EQ(check_swap(folder.machine()).status, "ok");
  folder.file("proc/meminfo", "SwapTotal: 1048576 kB\nSwapFree: 524288 kB");
  const Finding used = check_swap(folder.machine());
  EXPECT_EQ(used.status, "warning");
  EXPECT_EQ(used.found, "512 MiB of 1024 MiB in use");
  EXPECT_THAT(used.cure, HasSubstr("swapoff -a"));
}

TEST(HugePagesCheck, WarnsOfAlways) {
  MachineFolder folder;
  constexpr char file[] = "sys/kernel/mm/transparent_hugepage/enabled";
  EXPECT_EQ(check_huge_pages(folder.file(file, "always [madvise] never").machine()).status, "ok");
  EXPECT_EQ(check_huge_pages(folder.file(file, "always madvise [never]").machine()).found, "never");
  const Finding always = check_huge_pages(folder.file(file, "[always] madvise never").machine());
  EXPECT_EQ(always.status, "warning");
  EXPECT_THAT(always.cure, HasSubstr("echo madvise"));
}

TEST(ClockSourceCheck, NamesTheFasterOneWhereThereIsOne) {
  MachineFolder folder;
  const std::string clocks = "sys/devices/system/clocksource/clocksource0/";
  folder.file(clocks + "available_clocksource", "tsc hpet acpi_pm ");
  for (const char* fast : {"tsc", "kvm-clock", "arch_sys_counter"})
    EXPECT_EQ(
        check_clock_source(folder.file(clocks + "current_clocksource", fast).machine()).status,
        "ok");
  folder.file(clocks + "current_clocksource", "hpet");
  EXPECT_EQ(check_clock_source(folder.machine()).status, "warning");
  EXPECT_THAT(check_clock_source(folder.machine()).cure, HasSubstr("echo tsc | sudo tee /sys/"));
  folder.file(clocks + "available_clocksource", "hpet acpi_pm tsc-early");
  EXPECT_THAT(check_clock_source(folder.machine()).cure, HasSubstr("millisecond"));
}

TEST(SharedMemoryCheck, ReadsTheFileSystemsFreeSpace) {
  MachineFolder folder;
  folder.file("dev/shm/.keep", "");
  EXPECT_THAT(check_shared_memory(folder.machine()).found, HasSubstr(" MiB free"));
}

TEST(OpenFilesCheck, ComparesWithTheMostWorkers) {
  MachineFolder folder;
  const auto check = [&](const std::string& soft) {
    folder.file("proc/self/limits",
                "Limit                     Soft Limit           Hard Limit           Units     \n"
                "Max open files            " +
                    soft + "                 524288               files     ");
    return check_open_files(folder.machine());
  };
  EXPECT_EQ(check("4352").status, "ok");
  EXPECT_EQ(check("unlimited").status, "ok");
  const Finding few = check("1024");
  EXPECT_EQ(few.status, "warning");
  EXPECT_EQ(few.found, "1024 allowed, 4096 workers need 4352");
  EXPECT_THAT(few.cure, HasSubstr("ulimit -n 8192, or run at most 768 workers"));
  EXPECT_THAT(check("64").cure, HasSubstr("at most 1 workers"));
}

TEST(ProcessesCheck, TakesTheTighterOfUserAndCgroup) {
  MachineFolder folder;
  folder
      .file("proc/self/limits",
            "Max processes             96365                96365     processes ")
      .file("proc/self/cgroup", "0::/box")
      .file("sys/fs/cgroup/box/pids.max", "max");
  EXPECT_EQ(check_processes(folder.machine()).status, "ok");
  folder.file("sys/fs/cgroup/pids.max", "512");
  const Finding by_group = check_processes(folder.machine());
  EXPECT_EQ(by_group.status, "warning");
  EXPECT_THAT(by_group.found, HasSubstr("512 allowed by the cgroup"));
  EXPECT_THAT(by_group.cure, HasSubstr("--pids-limit 8192"));
  folder.file("proc/self/limits",
              "Max processes             300                  96365     processes ");
  const Finding by_user = check_processes(folder.machine());
  EXPECT_THAT(by_user.found, HasSubstr("300 allowed, "));
  EXPECT_THAT(by_user.cure, HasSubstr("ulimit -u 8192, or run at most 44 workers"));
}

TEST(CountersCheck, WantsAUnitAndThePermission) {
  MachineFolder folder;
  folder.file("sys/bus/event_source/devices/software/type", "1")
      .file("proc/sys/kernel/perf_event_paranoid", "2");
  EXPECT_EQ(check_counters(folder.machine()).found, "none found");
  folder.file("sys/bus/event_source/devices/cpu_core/type", "4");
  EXPECT_EQ(check_counters(folder.machine()).status, "ok");
  folder.file("proc/sys/kernel/perf_event_paranoid", "-1");
  EXPECT_EQ(check_counters(folder.machine()).status, "ok");
  folder.file("proc/sys/kernel/perf_event_paranoid", "4");
  EXPECT_EQ(check_counters(folder.machine()).status, "warning");
  EXPECT_THAT(check_counters(folder.machine()).cure, HasSubstr("perf_event_paranoid=2"));
}

}  // namespace
}  // namespace parlab
