#include "experiments/measure/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "tests/experiments/measure/made_up_machine.hpp"

namespace parlab {
namespace {

using made_up::MachineFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(MachineFacts, AreOpenWhereNothingIsTold) {
  const MachineFolder folder;
  const Machine machine = folder.machine();
  EXPECT_EQ(machine.cpu_model(), "unknown");
  EXPECT_FALSE(machine.virtual_machine());
  EXPECT_THAT(machine.online_cpus(), IsEmpty());
  EXPECT_FALSE(machine.cpu_quota());
  EXPECT_EQ(machine.usable_cores(), 1);
  EXPECT_THAT(machine.governors(), IsEmpty());
  EXPECT_THAT(machine.caches(), IsEmpty());
  EXPECT_FALSE(machine.memory_bytes("MemTotal"));
  EXPECT_FALSE(machine.load());
  EXPECT_FALSE(machine.processor_time());
}

TEST(MachineFacts, ComeFromCpuinfo) {
  MachineFolder folder;
  folder.file(
      "proc/cpuinfo",
      "processor\t: 0\nmodel\t\t: 17\nmodel name\t: Fast One\nflags\t\t: fpu hypervisor avx\n\n"
      "processor\t: 1\nmodel name\t: Fast One\nflags\t\t: fpu hypervisor avx");
  EXPECT_EQ(folder.machine().cpu_model(), "Fast One");
  EXPECT_TRUE(folder.machine().virtual_machine());
  EXPECT_THAT(folder.machine().online_cpus(), ElementsAre(0, 1));
  folder.file("proc/cpuinfo", "model name\t: Hypervisor's own\nflags\t\t: fpu avx");
  EXPECT_FALSE(folder.machine().virtual_machine());
}

TEST(MachineFacts, AllowedProcessorsAreOnline) {
  MachineFolder folder;
  folder.file("sys/devices/system/cpu/online", "0-7")
      .file("proc/self/status", "Cpus_allowed:\tffff\nCpus_allowed_list:\t2-3,6-127");
  EXPECT_THAT(folder.machine().allowed_cpus(), ElementsAre(2, 3, 6, 7));
  EXPECT_EQ(folder.machine().usable_cores(), 4);
}

TEST(MachineFacts, CachesAreDataOnlyAndInBytes) {
  MachineFolder folder;
  const auto cache = [&](int index, const char* level, const char* type, const char* size) {
    const std::string path = "sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    folder.file(path + "/level", level).file(path + "/type", type).file(path + "/size", size);
  };
  cache(0, "1", "Data", "48K");
  cache(1, "1", "Instruction", "32K");
  cache(2, "2", "Unified", "2M");
  cache(3, "3", "Unified", "32768K");
  EXPECT_THAT(folder.machine().caches(),
              ElementsAre(Pair("L1d", 49152), Pair("L2", 2097152), Pair("L3", 33554432)));
}

TEST(MachineFacts, MemoryLoadAndTime) {
  MachineFolder folder;
  folder.file("proc/meminfo", "MemTotalX:  7 kB\nMemTotal:       1000 kB\nSwapFree:  3 kB")
      .file("proc/loadavg", "0.36 1.29 12.12 2/87 12088")
      .file("proc/stat", "cpu  100 0 0 700 100 0 0 100 50 0\ncpu0 100 0 0 700 100 0 0 100 0 0");
  EXPECT_EQ(folder.machine().memory_bytes("MemTotal"), 1'024'000);
  EXPECT_EQ(folder.machine().memory_bytes("SwapFree"), 3'072);
  EXPECT_FALSE(folder.machine().memory_bytes("SwapTotal"));
  EXPECT_THAT(*folder.machine().load(), ElementsAre(0.36, 1.29, 12.12));
  const auto time = folder.machine().processor_time();
  ASSERT_TRUE(time);
  EXPECT_GT(time->steal_seconds, 0);
  EXPECT_DOUBLE_EQ(time->steal_seconds * 2, time->wanted_seconds);
}

TEST(MachineFacts, NameEveryGovernor) {
  MachineFolder folder;
  folder.file("sys/devices/system/cpu/online", "0-2")
      .file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance")
      .file("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave")
      .file("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "performance");
  EXPECT_THAT(folder.machine().governors(), ElementsAre("performance", "powersave"));
}

TEST(ProcessLimit, IsTheLeastOfAllGroupsAround) {
  MachineFolder folder;
  folder.file("proc/self/cgroup", "8:pids:/box\n0::/")
      .file("sys/fs/cgroup/pids/box/pids.max", "max");
  EXPECT_FALSE(folder.machine().process_limit());
  folder.file("sys/fs/cgroup/pids/pids.max", "512");
  EXPECT_EQ(folder.machine().process_limit(), 512u);
}

TEST(MemoryLimit, IsTheLeastOfAllGroupsAround) {
  MachineFolder folder;
  folder.file("proc/self/cgroup", "0::/outer/inner").file("sys/fs/cgroup/outer/memory.max", "max");
  EXPECT_FALSE(folder.machine().memory_limit());
  folder.file("sys/fs/cgroup/outer/memory.max", "4096")
      .file("sys/fs/cgroup/outer/inner/memory.max", "8192");
  EXPECT_EQ(folder.machine().memory_limit(), 4096u);
  MachineFolder version_1;
  version_1.file("proc/self/cgroup", "8:memory:/box")
      .file("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1048576");
  EXPECT_EQ(version_1.machine().memory_limit(), 1048576u);
}

TEST(ThisMachine, AgreesWithTheSystemCalls) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
  const Machine machine;
  EXPECT_EQ(machine.allowed_cpus().size(), static_cast<std::size_t>(CPU_COUNT(&mask)));
  EXPECT_EQ(machine.online_cpus().size(), static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  EXPECT_GE(machine.usable_cores(), 1);
  EXPECT_TRUE(machine.load());
  EXPECT_TRUE(machine.processor_time());
  EXPECT_GT(machine.memory_bytes("MemTotal"), 1u << 20);
}

}  // namespace
}  // namespace parlab
