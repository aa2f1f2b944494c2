#include "experiments/measure/results/context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <regex>
#include <string>

#include "experiments/measure/results/library_versions.hpp"
#include "tests/kernels/machine/made_up_machine.hpp"

namespace parlab {
namespace {

using made_up::MachineFolder;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Context, HasEveryFieldOfTheSchemaWithItsType) {
  json context = collect_context("parlab run pi");
  complete_context(context);
  for (const char* name : {"date", "host", "cpu", "simd", "governor", "kernel", "compiler", "flags",
                           "build_type", "commit", "version", "command"})
    EXPECT_TRUE(context.at(name).is_string()) << name;
  for (const char* name : {"cores", "usable_cores", "memory_bytes", "steal_seconds"})
    EXPECT_TRUE(context.at(name).is_number()) << name;
  for (const char* name : {"virtual_machine", "dirty"})
    EXPECT_TRUE(context.at(name).is_boolean()) << name;
  for (const char* name : {"caches", "libraries", "environment", "openmp_binding"})
    EXPECT_TRUE(context.at(name).is_object()) << name;
  for (const char* name : {"load_before", "load_after"}) EXPECT_EQ(context.at(name).size(), 3u);
  EXPECT_EQ(context.size(), 24u) << context.dump(2);
  EXPECT_GE(context.at("cores"), context.at("usable_cores"));
  EXPECT_GE(context.at("steal_seconds"), 0);
  EXPECT_TRUE(std::regex_match(context.at("date").get<std::string>(),
                               std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")));
  EXPECT_EQ(context.at("command"), "parlab run pi");
}

TEST(Context, NamesTheHostByItsHashOnly) {
  const json context = collect_context("parlab run pi");
  EXPECT_TRUE(std::regex_match(context.at("host").get<std::string>(), std::regex("[0-9a-f]{16}")));
  EXPECT_EQ(context.at("host"), collect_context("another").at("host"));
}

TEST(Context, CountsTheTimeStolenInBetween) {
  MachineFolder folder;
  folder.file("proc/stat", "cpu  1 0 0 1 0 0 0 700 0 0").file("proc/loadavg", "1 2 3 1/1 1");
  json context = collect_context("parlab run pi", folder.machine());
  EXPECT_FALSE(context.contains("steal_seconds")) << "a broken-off run must not show a wrong time";
  EXPECT_THAT(context.at("load_before"), ElementsAre(1, 2, 3));
  folder.file("proc/stat", "cpu  1 0 0 1 0 0 0 800 0 0").file("proc/loadavg", "4 5 6 1/1 1");
  complete_context(context, folder.machine());
  EXPECT_DOUBLE_EQ(context.at("steal_seconds"), 100.0 / sysconf(_SC_CLK_TCK));
  EXPECT_THAT(context.at("load_after"), ElementsAre(4, 5, 6));
  EXPECT_FALSE(context.contains("steal_seconds_before"));
}

TEST(Context, DoesNotCountWhatIsStolenInAPause) {
  MachineFolder folder;
  folder.file("proc/stat", "cpu  1 0 0 1 0 0 0 700 0 0");
  json context = collect_context("parlab run pi", folder.machine());
  folder.file("proc/stat", "cpu  1 0 0 1 0 0 0 800 0 0");
  complete_context(context, folder.machine());
  folder.file("proc/stat", "cpu  1 0 0 1 0 0 0 950 0 0");  // the pause
  reopen_context(context, folder.machine());
  EXPECT_FALSE(context.contains("steal_seconds"));
  folder.file("proc/stat", "cpu  1 0 0 1 0 0 0 957 0 0");
  complete_context(context, folder.machine());
  EXPECT_DOUBLE_EQ(context.at("steal_seconds"), 107.0 / sysconf(_SC_CLK_TCK));
  EXPECT_FALSE(context.contains("steal_seconds_before"));
}

TEST(Context, DescribesTheMachineThatItIsGiven) {
  MachineFolder folder;
  folder.file("proc/cpuinfo", "processor : 0\nmodel name : Slow One\nflags : fpu hypervisor")
      .file("sys/devices/system/cpu/online", "0-3")
      .file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil")
      .file("proc/meminfo", "MemTotal: 1000 kB");
  const json context = collect_context("parlab run pi", folder.machine());
  EXPECT_EQ(context.at("cpu"), "Slow One");
  EXPECT_EQ(context.at("virtual_machine"), true);
  EXPECT_EQ(context.at("cores"), 4);
  EXPECT_EQ(context.at("governor"), "schedutil");
  EXPECT_EQ(context.at("memory_bytes"), 1'024'000);
  EXPECT_TRUE(context.at("load_before").is_null()) << "not told, so not invented";
}

TEST(RelevantEnvironment, TakesTheListedVariablesAndNoOther) {
  std::array<std::string, 11> variables{
      "OMP_NUM_THREADS=2", "GOMP_SPINCOUNT=0",   "KMP_BLOCKTIME=0", "TBB_VERSION=1",
      "MALLOC_ARENA_MAX=", "LD_PRELOAD=/lib.so", "PARLAB_X=a=b",    "API_TOKEN=secret",
      "HOME=/home/me",     "LD_PRELOAD_X=no",    "XOMP_Y=no"};
  std::array<char*, 12> block{};
  for (std::size_t i = 0; i < variables.size(); ++i) block[i] = variables[i].data();
  EXPECT_THAT(
      relevant_environment(block.data()),
      ElementsAre(Pair("GOMP_SPINCOUNT", "0"), Pair("KMP_BLOCKTIME", "0"),
                  Pair("LD_PRELOAD", "/lib.so"), Pair("MALLOC_ARENA_MAX", ""),
                  Pair("OMP_NUM_THREADS", "2"), Pair("PARLAB_X", "a=b"), Pair("TBB_VERSION", "1")));
  EXPECT_TRUE(relevant_environment(nullptr).empty());
}

TEST(Credentials, AreMaskedInsideOfUrls) {
  EXPECT_EQ(without_credentials("run --redis redis://:word@host:6379/0 --seed 7"),
            "run --redis redis://***@host:6379/0 --seed 7");
  EXPECT_EQ(without_credentials("http://u:p@ss@a/ ftp://v@b"), "http://***@a/ ftp://***@b");
  EXPECT_EQ(without_credentials("http://host/mail@home"), "http://host/mail@home");
  EXPECT_EQ(without_credentials("a@b://"), "a@b://");
  EXPECT_EQ(without_credentials("plain"), "plain");
}

TEST(LibraryVersions, AreNumbers) {
  const auto versions = library_versions();
  for (const char* always : {"CLI11", "fmt", "glibc", "Highway", "nlohmann_json"})
    EXPECT_TRUE(versions.contains(always)) << always;
  for (const auto& [name, version] : versions)
    EXPECT_TRUE(std::regex_match(version, std::regex(R"(\d+(\.\d+)*)"))) << name << version;
}

}  // namespace
}  // namespace parlab
