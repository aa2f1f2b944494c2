// sharing_distance as a user meets it: the same answers over every distance, what is left out where a
// machine has no second host, and nothing left.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

#include "experiments/sharing/distance/distance_task.hpp"
#include "kernels/posix/process/program.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Words = std::vector<std::string>;

TEST(SharingDistance, AnswersAlikeOverEveryDistance) {
  const TemporaryFolder folder;
  const Ended ended =
      run_parlab({"run", "sharing_distance", "--rounds", "1", "--json", "r.json"}, folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::set<std::string> left_in, seen, tasks;
  for (const Distance& one : distances()) {
    const std::string why = one.why_not();
    if (why.empty()) left_in.insert(one.name);
    if (why.empty()) continue;
    EXPECT_THAT(ended.err, HasSubstr(std::string(one.name) + " is left out: " + why));
  }
  const json results = read_json(folder.path() / "r.json")["results"];
  for (const json& result : results) {
    EXPECT_EQ(result["ok"], true) << result["label"] << result["failure"];
    EXPECT_EQ(result["answer"], result["expected"]) << result["label"];
    seen.insert(result["variant"]);
    tasks.insert(result["parameters"]["task"]);
  }
  EXPECT_EQ(seen, left_in);
  EXPECT_EQ(tasks, (std::set<std::string>{"flag", "counter", "queue", "call"}));
  EXPECT_EQ(folder.files(), Words{"r.json"});
}

TEST(SharingDistance, GoesOnWithoutWhatIsNotThere) {
  const Surroundings without_programs = {.variables = {"PATH=/nonexistent"}};
  const Ended ended = run_parlab({"run", "sharing_distance", "--task", "flag", "--rounds", "1"},
                                 ".", without_programs);
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* missing : {"redis", "redis_tls", "manager_veth", "redis_veth"})
    EXPECT_THAT(ended.err, HasSubstr(std::string(missing) + " is left out: ")) << missing;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("process"), Not(HasSubstr("veth"))));
  const Ended list = run_parlab({"list"}, ".", without_programs);
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, testing::ContainsRegex("namespaces +MISSING: "));
  EXPECT_THAT(list.out, testing::ContainsRegex("redis_tls +MISSING: "));
}

TEST(SharingDistance, SaysWhatIsWrongWithItsOptions) {
  const Surroundings without_programs = {.variables = {"PATH=/nonexistent"}};
  for (const auto& [words, hint] : std::vector<std::pair<Words, std::string>>{
           {{"--ways", "manager_vet"}, "manager_veth"},
           {{"--task", "flags"}, "flag"},
           {{"--task", "call", "--ways", "thread,process"}, "none of"},
           {{"--ways", "manager_veth"}, "manager_veth: "},
           {{"--ways", "redis_tls"}, "install redis-server"}}) {
    Words all = {"run", "sharing_distance", "--json", "r.json"};
    all.insert(all.end(), words.begin(), words.end());
    const TemporaryFolder folder;
    const Ended ended = run_parlab(all, folder.path(), without_programs);
    EXPECT_EQ(ended.code, 2) << words[1];
    EXPECT_THAT(ended.err, HasSubstr(hint));
    EXPECT_EQ(folder.files(), Words{});
  }
}

TEST(SharingDistance, OnlyRootHasASecondHost) {
  if (geteuid() != 0) {
    EXPECT_EQ(NetworkNamespaces::why_not(), "network namespaces need root");
    return;
  }
  const std::string setpriv = find_program("setpriv");
  if (setpriv.empty()) GTEST_SKIP() << "no setpriv: install util-linux";
  const Ended ended = run_parlab(
      {"list"}, ".", {.within = {setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"}});
  if (ended.code != 0) GTEST_SKIP() << "others cannot run what was built here: " << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("MISSING: network namespaces need root"));
}

TEST(SharingDistance, LeavesNothingWhereItIsInterrupted) {
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    ParlabProgram program({"run", "sharing_distance", "--task", "queue", "--rounds", "100000"});
    ASSERT_TRUE(becomes_true([&] { return program.descendants().size() > 8; }));
    program.signal(signal);
    program.wait();
    EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); })) << signal;
  }
}

}  // namespace
}  // namespace parlab
