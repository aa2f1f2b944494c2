// Hosts for ranks are checked before anything runs: one line each that says what, why and what to
// do, exit code 2, nothing written. A script stands for ssh here; hosts_test.cpp has machines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/base/errors.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

class HostChecks : public testing::Test {
 protected:
  void SetUp() override {
    for (const MissingBackend& missing : missing_backends())
      if (missing.name == "mpi") GTEST_SKIP() << missing.why;
    write("rsh",
          "host=$1; shift\n"
          "case $host in\n"
          "good*) exec sh -c \"$*\" ;;\n"
          "noisy) echo Welcome; sh -c \"$*\"; echo logout ;;\n"
          "older) sh -c \"$*\" | sed 's/\"build\":\"[^\"]*\"/\"build\":\"0.0.9 (commit a)\"/' ;;\n"
          "other) sh -c \"$*\" | sed 's/\"mpi\":\"[^\"]*\"/\"mpi\":\"Elsewhere MPI 7\"/' ;;\n"
          "lacks) sh -c \"$*\" | sed 's/\"mpi\":.*/\"mpi_failure\":\"cannot load MPI: x\"}/' ;;\n"
          "plain) echo \"parlab: unknown verb 'rank-facts'\" >&2; exit 2 ;;\n"
          "empty) echo \"sh: 1: parlab: not found\" >&2; exit 127 ;;\n"
          "bound) echo \"sh: 1: parlab: Permission denied\" >&2; exit 126 ;;\n"
          "still) exec sleep 60 ;;\n"
          "*) echo \"ssh: Could not resolve hostname $host: Name or service not known\" >&2\n"
          "   exit 255 ;;\n"
          "esac\n");
  }

  std::string write(const std::string& name, const std::string& lines) const {
    const auto path = folder_.path() / name;
    std::ofstream(path) << "#!/bin/sh\n" << lines;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  Ended run(const Words& more, Words variables = {}) const {
    Words words = {"run", "pi",     "--darts", "1e5",      "--backend", "serial,mpi", "--workers",
                   "2",   "--json", "pi.json", "--rounds", "1",         "--markdown", "pi.md"};
    words.insert(words.end(), more.begin(), more.end());
    variables.insert(variables.begin(), "PARLAB_RSH=" + (folder_.path() / "rsh").string());
    return run_parlab(words, folder_.path(), {.variables = variables});
  }

  void expect_refused(const Ended& ended, const testing::Matcher<std::string>& line) const {
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, line);
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(folder_.files(), Not(testing::Contains(testing::StartsWith("pi"))));
  }

  TemporaryFolder folder_;
};

TEST_F(HostChecks, NameAHostThatIsNotThere) {
  expect_refused(run({"--hosts", "nine:2"}),
                 AllOf(HasSubstr("--hosts: host nine cannot be reached: ssh: Could not resolve"),
                       HasSubstr("rsh nine true")));
}

TEST_F(HostChecks, TellTheFirstOfMany) {
  expect_refused(run({"--hosts", "good,eight,nine,older"}),
                 AllOf(HasSubstr("host eight cannot be reached"), HasSubstr("(and 2 more of 4")));
}

TEST_F(HostChecks, WaitForNoHostForEver) {
  expect_refused(run({"--hosts", "still:2"}), HasSubstr("host still gave no answer within 10 s"));
}

TEST_F(HostChecks, TellAnotherBuildByHostThereAndHere) {
  expect_refused(run({"--hosts", "good,older"}),
                 testing::ContainsRegex("host older has parlab 0\\.0\\.9 \\(commit a\\), this "
                                        "machine 0\\.1\\.0 \\(commit .+\\): install the same"));
}

TEST_F(HostChecks, TellAParlabWithoutRanks) {
  expect_refused(run({"--hosts", "plain:2"}),
                 AllOf(HasSubstr("host plain has another parlab"), HasSubstr("unknown verb")));
}

TEST_F(HostChecks, TellWhereThereIsNoParlab) {
  for (const std::string host : {"empty", "bound"})
    expect_refused(run({"--hosts", host + ":2"}),
                   AllOf(HasSubstr("host " + host + " has no parlab that runs at /"),
                         HasSubstr("install this build there")));
}

TEST_F(HostChecks, TellAnotherMpi) {
  expect_refused(
      run({"--hosts", "other:2"}),
      testing::ContainsRegex("host other has Elsewhere MPI 7, this machine .+: install"));
  expect_refused(run({"--hosts", "lacks:2"}), HasSubstr("host lacks: cannot load MPI: x"));
}

TEST_F(HostChecks, TellAnMpirunOfAnotherMpi) {
  const std::string other = write("mpirun", "echo HYDRA build details:\n");
  expect_refused(run({}, {"PARLAB_MPIRUN=" + other}), HasSubstr("set PARLAB_MPIRUN"));
}

TEST_F(HostChecks, FailWhereMpirunIsKilledAndIsNotSaidToBeAnother) {
  const std::string killed = write("mpirun", "kill -KILL $$\n");
  const Ended ended = run({}, {"PARLAB_MPIRUN=" + killed});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("killed by SIGKILL"), Not(HasSubstr("neither"))));
}

TEST_F(HostChecks, TellAMissingAgent) {
  expect_refused(run({"--hosts", "nine:2"}, {"PARLAB_RSH=/nowhere/ssh -p 7"}),
                 AllOf(HasSubstr("there is no /nowhere/ssh"), HasSubstr("PARLAB_RSH")));
}

TEST_F(HostChecks, TakeTheAgentThatOpenMpiIsTold) {
  expect_refused(run({"--hosts", "nine:2"}, {"PARLAB_RSH=", "OMPI_MCA_plm_rsh_agent=/nowhere/a : " +
                                                                (folder_.path() / "rsh").string()}),
                 HasSubstr("host nine cannot be reached: ssh: Could not resolve"));
}

TEST_F(HostChecks, RefuseRanksBeyondSlots) {
  expect_refused(run({"--hosts", "good"}), HasSubstr("--workers 2: the hosts take 1; write more"));
}

TEST_F(HostChecks, RefuseWhatSaysNothingOrTwice) {
  std::ofstream(folder_.path() / "hosts") << "good slots=2\n";
  expect_refused(run({"--hosts", "good:2", "--hostfile", "hosts"}), HasSubstr("twice"));
  expect_refused(run({"--hostfile", "nowhere"}), HasSubstr("nowhere: it cannot be read"));
  expect_refused(run({"--hosts", "good:x"}), HasSubstr("'good:x' has no number of ranks"));
  const Ended ended = run_parlab({"run", "pi", "--hosts", "good:2", "--backend", "serial"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("none of the arms runs on other machines"));
}

TEST_F(HostChecks, FindAnAnswerAmongWhatALoginPrints) {
  expect_refused(run({"--hosts", "noisy,nine"}),
                 AllOf(HasSubstr("host nine cannot be reached"), Not(HasSubstr("more of"))));
}

TEST_F(HostChecks, RunWhereALoginPrints) {
  const Ended ended = run({"--hosts", "noisy:2"});
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST_F(HostChecks, TakeTheHostsOfAJob) {
  std::ofstream(folder_.path() / "nodes") << "localhost\nlocalhost\n";
  for (const Words& job :
       {Words{"PBS_NODEFILE=" + (folder_.path() / "nodes").string()},
        Words{"SLURM_JOB_ID=7", "SLURM_JOB_NODELIST=localhost", "SLURM_TASKS_PER_NODE=2"}}) {
    const Ended ended = run({}, job);
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto hosts = read_json(folder_.path() / "pi.json").at("context").at("hosts");
    EXPECT_EQ(hosts.size(), 1u);
    EXPECT_EQ(hosts.at(0).at("slots"), 2);
    std::filesystem::remove(folder_.path() / "pi.json");
    std::filesystem::remove(folder_.path() / "pi.md");
  }
}

TEST_F(HostChecks, RefuseMoreWorkersThanAJobHas) {
  std::ofstream(folder_.path() / "nodes") << "localhost\n";
  expect_refused(run({}, {"PBS_NODEFILE=" + (folder_.path() / "nodes").string()}),
                 AllOf(HasSubstr("--workers 2: this job has room for fewer (PBS_NODEFILE: "),
                       HasSubstr("localhost:1")));
  expect_refused(run({}, {"FLUX_JOB_ID=f1"}), HasSubstr("flux hostlist"));
}

TEST_F(HostChecks, TakeAsManyWorkersAsHostsHaveSlots) {
  const Ended ended = run_parlab({"run", "pi", "--darts", "1e5", "--backend", "mpi", "--hosts",
                                  "localhost:3", "--rounds", "1", "--quiet", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("\"workers\": 3"));
}

TEST_F(HostChecks, RunOnThisMachineByItsName) {
  std::ofstream(folder_.path() / "hosts") << "localhost slots=2\n";
  for (const Words& places :
       {Words{"--hosts", "localhost:2"}, Words{"--hostfile", "hosts"}, Words{"--hostfile=hosts"}}) {
    const Ended ended = run(places);
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto document = read_json(folder_.path() / "pi.json");
    EXPECT_EQ(document.at("context").at("hosts").at(0).at("name"), "localhost");
    EXPECT_EQ(document.at("context").at("hosts").at(0).at("slots"), 2);
  }
}

}  // namespace
}  // namespace parlab
