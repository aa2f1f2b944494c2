#include "kernels/backends/ranks/batch_hosts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/kernels/base/refusal.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using Names = std::vector<std::string>;
using Counts = std::vector<int>;
using Hosts = std::vector<RankHost>;

/// Variables of a made-up job; those of a real one, and of an mpirun, are taken out.
class BatchHosts : public testing::Test {
 protected:
  BatchHosts() {
    for (const char* name :
         {"SLURM_JOB_ID", "SLURM_JOB_NODELIST", "SLURM_NODELIST", "SLURM_TASKS_PER_NODE",
          "PBS_NODEFILE", "FLUX_JOB_ID", "FLUX_URI", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
          "PMIX_SIZE", "SLURM_STEP_NUM_TASKS"})
      unset(name);
  }
  // NOLINTBEGIN(concurrency-mt-unsafe): tests have one thread
  static void set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }
  static void unset(const char* name) { unsetenv(name); }
  // NOLINTEND(concurrency-mt-unsafe)
};

TEST_F(BatchHosts, AreNoneOutsideOfAJob) {
  EXPECT_EQ(allotted_hosts().hosts, Hosts{});
  EXPECT_EQ(refusal([] { require_one_start(); }), "");
}

TEST_F(BatchHosts, AreNodesOfSlurmWithTheirTasks) {
  set("SLURM_JOB_ID", "7");
  set("SLURM_JOB_NODELIST", "a[01-02,10],login,b[1-2]x");
  set("SLURM_TASKS_PER_NODE", "4(x3),1,2(x2)");
  EXPECT_EQ(allotted_hosts().by, "SLURM_JOB_NODELIST");
  EXPECT_EQ(allotted_hosts().hosts,
            (Hosts{{"a01", 4}, {"a02", 4}, {"a10", 4}, {"login", 1}, {"b1x", 2}, {"b2x", 2}}));
  set("SLURM_TASKS_PER_NODE", "3");
  EXPECT_EQ(allotted_hosts().hosts.back(), (RankHost{"b2x", 3}));
  unset("SLURM_TASKS_PER_NODE");
  EXPECT_EQ(allotted_hosts().hosts.back(), (RankHost{"b2x", 1}));
  set("SLURM_TASKS_PER_NODE", "3,1");
  EXPECT_THAT(refusal([] { allotted_hosts(); }), HasSubstr("name hosts by --hosts"));
}

TEST(SlurmNodes, AreAllThatBracketsMean) {
  EXPECT_EQ(slurm_nodes("n"), Names{"n"});
  EXPECT_EQ(slurm_nodes("r[1-2]c[08-10]"),
            (Names{"r1c08", "r1c09", "r1c10", "r2c08", "r2c09", "r2c10"}));
  EXPECT_EQ(slurm_nodes("n[9-11]"), (Names{"n9", "n10", "n11"}));
  EXPECT_EQ(slurm_nodes("n[1-20000]").size(), 20'000u);
}

TEST(SlurmNodes, AreRefusedWhereTheyMakeNoSense) {
  for (const char* text : {"", ",", "a,,b", "a[", "a]", "a[]", "a[1", "a[1-]", "a[-1]", "a[2-1]",
                           "a[x]", "a[1-9999999999]", "a[1-99999][1-99999]"})
    EXPECT_THAT(refusal([&] { slurm_nodes(text); }), HasSubstr("--hosts")) << text;
}

TEST(SlurmCounts, AreRepeatedAsTheySay) {
  EXPECT_EQ(slurm_counts("2"), Counts{2});
  EXPECT_EQ(slurm_counts("2(x3),1"), (Counts{2, 2, 2, 1}));
  for (const char* text :
       {"", "x", "2(x", "2(x)", "2(x0)", "0", "2,", "2(x3", "2(y3)", "99999", "1(x99999999)"})
    EXPECT_THAT(refusal([&] { slurm_counts(text); }), HasSubstr("--hosts")) << text;
}

TEST_F(BatchHosts, AreLinesOfTheFileOfPbs) {
  const auto path = std::filesystem::path(testing::TempDir()) / "parlab-nodefile";
  set("PBS_NODEFILE", path);
  std::ofstream(path) << "n1\nn2\nn1\n";
  EXPECT_EQ(allotted_hosts().hosts, (Hosts{{"n1", 2}, {"n2", 1}}));
  std::ofstream(path, std::ios::trunc) << "\n";
  EXPECT_THAT(refusal([] { allotted_hosts(); }), HasSubstr("names no host"));
  std::filesystem::remove(path);
  EXPECT_THAT(refusal([] { allotted_hosts(); }), HasSubstr("cannot be read"));
}

TEST_F(BatchHosts, AreAskedForInAJobOfFlux) {
  set("FLUX_JOB_ID", "f1");
  EXPECT_THAT(refusal([] { allotted_hosts(); }), HasSubstr("flux hostlist"));
}

TEST_F(BatchHosts, AreNoneWhereSeveralWereStarted) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    set(name, "1");
    EXPECT_EQ(refusal([] { require_one_start(); }), "") << name;
    set(name, "4");
    EXPECT_THAT(refusal([] { require_one_start(); }), HasSubstr("start it once")) << name;
    unset(name);
  }
}

TEST_F(BatchHosts, AnswerToNoOuterMpirun) {
  set("OMPI_COMM_WORLD_RANK", "0");
  set("PMIX_RANK", "0");
  set("OMPI_MCA_orte_hnp_uri", "1.0;tcp://10.0.0.1:7");
  set("OMPI_MCA_plm_rsh_agent", "rsh");  // the user's
  const Variables variables = outer_mpirun_variables();
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "OMPI_MCA_orte_hnp_uri"})
    EXPECT_EQ(variables.count(name), 1u) << name;
  EXPECT_EQ(variables.count("OMPI_MCA_plm_rsh_agent"), 0u);
}

}  // namespace
}  // namespace parlab
