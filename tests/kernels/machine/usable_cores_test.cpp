#include "kernels/machine/usable_cores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "kernels/machine/cgroup.hpp"
#include "kernels/machine/kernel_files.hpp"
#include "tests/kernels/machine/root_folder.hpp"

namespace parlab {
namespace {

using made_up::RootFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CpuList, ReadsRangesAndSingles) {
  EXPECT_THAT(parse_cpu_list("0-3,8,10-11"), ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(parse_cpu_list("5"), ElementsAre(5));
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list(",x,2-,4"), ElementsAre(4));
}

// ---- Affinity ----------------------------------------------------------------------------------

TEST(UsableCores, AreAtLeastOneWhereNothingIsTold) {
  EXPECT_EQ(usable_cores(RootFolder().path()), 1);
}

TEST(UsableCores, AreThoseOnlineThatTheMaskAllows) {
  RootFolder folder;
  folder.file("sys/devices/system/cpu/online", "0-7");
  EXPECT_EQ(usable_cores(folder.path()), 8);
  folder.file("proc/self/status", "Cpus_allowed:\tffff\nCpus_allowed_list:\t2-3,6-127");
  EXPECT_THAT(allowed_cpus(folder.path()), ElementsAre(2, 3, 6, 7));
  EXPECT_EQ(usable_cores(folder.path()), 4);
}

TEST(UsableCores, AreThoseOfTheCallingThread) {
  std::thread([] {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    EXPECT_LE(usable_cores(), CPU_COUNT(&mask));
    for (int cpu = 0; CPU_COUNT(&mask) > 1; ++cpu) CPU_CLR(cpu, &mask);
    ASSERT_EQ(sched_setaffinity(0, sizeof mask, &mask), 0);
    EXPECT_EQ(usable_cores(), 1);
  }).join();
}

// ---- What the cgroup grants --------------------------------------------------------------------

/// Eight processors, in the group at `path` of version 2.
class Version2 : public RootFolder {
 public:
  explicit Version2(const std::string& path) {
    file("proc/self/cgroup", "0::" + path).file("sys/devices/system/cpu/online", "0-7");
  }
  Version2& grant(const std::string& group, const std::string& cpu_max) {
    file("sys/fs/cgroup/" + group + "/cpu.max", cpu_max);
    return *this;
  }
};

TEST(CpuQuota, OfVersion2IsTheLeastOfAllGroupsAround) {
  Version2 folder("/outer/inner");
  folder.grant("outer/inner", "max 100000");
  EXPECT_FALSE(cpu_quota(folder.path()));
  EXPECT_EQ(usable_cores(folder.path()), 8);
  folder.grant("outer", "350000 100000");
  EXPECT_EQ(cpu_quota(folder.path()), 3.5);
  EXPECT_EQ(usable_cores(folder.path()), 3) << "a fourth worker would be stopped midway";
  folder.grant("", "50000 100000");
  EXPECT_EQ(cpu_quota(folder.path()), 0.5);
  EXPECT_EQ(usable_cores(folder.path()), 1);
  folder.grant("outer/inner", "100000 100000").grant("", "max 100000");
  EXPECT_EQ(usable_cores(folder.path()), 1);
}

TEST(CpuQuota, IsRoundedDownButNotToNothingAndCutsTheMaskNotMore) {
  const std::pair<const char*, int> quotas[] = {
      {"1000 100000", 1},   {"99999 100000", 1},   {"100000 100000", 1}, {"199999 100000", 1},
      {"200000 100000", 2}, {"250000 100000", 2},  {"50000 10000", 5},   {"800000 100000", 8},
      {"799999 100000", 7}, {"1600000 100000", 8}, {"max 100000", 8},    {"", 8},
      {"x y", 8},           {"100000 0", 8},       {"100000", 8}};
  for (const auto& [quota, cores] : quotas) {
    Version2 folder("/");
    folder.grant("", quota);
    EXPECT_EQ(usable_cores(folder.path()), cores) << quota;
  }
  Version2 pinned("/");
  pinned.grant("", "400000 100000").file("proc/self/status", "Cpus_allowed_list:\t5-6");
  EXPECT_EQ(usable_cores(pinned.path()), 2);
}

TEST(CpuQuota, OfVersion1IsOneOfTwoFilesInEachGroupAround) {
  for (const char* mount : {"cpu", "cpuacct,cpu"}) {
    RootFolder folder;
    const std::string group = std::string("sys/fs/cgroup/") + mount + "/outer/box/";
    const std::string around = std::string("sys/fs/cgroup/") + mount + "/outer/";
    folder.file("sys/devices/system/cpu/online", "0-7")
        .file("proc/self/cgroup",
              "9:name=systemd:/\n4:cpuset:/x\n2:cpuacct,cpu:/outer/box\n1:memory:/y")
        .file(group + "cpu.cfs_quota_us", "-1")
        .file(group + "cpu.cfs_period_us", "100000");
    EXPECT_FALSE(cpu_quota(folder.path()));
    EXPECT_EQ(usable_cores(folder.path()), 8);
    folder.file(group + "cpu.cfs_quota_us", "250000");
    EXPECT_EQ(cpu_quota(folder.path()), 2.5);
    EXPECT_EQ(usable_cores(folder.path()), 2);
    folder.file(around + "cpu.cfs_quota_us", "75000").file(around + "cpu.cfs_period_us", "50000");
    EXPECT_EQ(cpu_quota(folder.path()), 1.5);
    EXPECT_EQ(usable_cores(folder.path()), 1);
  }
}

TEST(CpuQuota, OfAMixOfVersionsIsTheLeast) {
  RootFolder folder;
  folder.file("sys/devices/system/cpu/online", "0-7")
      .file("proc/self/cgroup", "2:cpu:/box\n0::/box")
      .file("sys/fs/cgroup/unified/box/cpu.max", "400000 100000")
      .file("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "300000")
      .file("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000");
  EXPECT_EQ(usable_cores(folder.path()), 3);
}

TEST(CpuQuota, IsFoundWhereTheContainerSeesOnlyItsOwnTop) {
  Version2 folder("/../../box");
  folder.grant("", "150000 100000");
  EXPECT_EQ(cpu_quota(folder.path()), 1.5);
  Version2 dots("/a..b");  // no way up: a name
  dots.grant("a..b", "250000 100000");
  EXPECT_EQ(cpu_quota(dots.path()), 2.5);
  RootFolder version_1;
  version_1.file("proc/self/cgroup", "3:cpu:/docker/0123abc")
      .file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000")
      .file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(cpu_quota(version_1.path()), 1.5);
}

}  // namespace
}  // namespace parlab
