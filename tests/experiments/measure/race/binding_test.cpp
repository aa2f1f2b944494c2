// An environment that binds OpenMP's threads: whoever else computes has all processors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "kernels/machine/processors/processor_set.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/own_kernel/own_files.hpp"

extern "C" [[gnu::weak]] int kmp_get_library();

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

struct Binding {
  const char* name;
  std::string value;
};

class OpenMPBindingOfTheProgram : public testing::TestWithParam<Binding> {
 protected:
  void SetUp() override {
    const int processors = processors_at_start().count();
    if (processors < 2) GTEST_SKIP() << "needs two processors";
    all_ = static_cast<std::uint64_t>(processors);
    // NOLINTBEGIN(concurrency-mt-unsafe): tests have one thread
    setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
    for (const char* name : {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"})
      unsetenv(name);
    setenv(GetParam().name, GetParam().value.c_str(), 1);
    // NOLINTEND(concurrency-mt-unsafe)
  }
  /// GCC's runtime passes over LLVM's variable.
  static bool heeded() {
    return std::string(GetParam().name) != "KMP_AFFINITY" || kmp_get_library != nullptr;
  }
  TemporaryFolder folder_;
  std::uint64_t all_ = 0;
};

TEST_P(OpenMPBindingOfTheProgram, LeavesEveryOtherBackendAllProcessors) {
  std::ofstream(folder_.path() / "count.hpp") << counts_processors(1);
  const Ended ended = run_parlab({"run", "own", "--kernel", "count.hpp", "--rounds", "1",
                                  "--backend", "all", "--workers", "2", "--json", "own.json"},
                                 folder_.path());
  const json document = read_json(folder_.path() / "own.json");
  // All answers are wrong on purpose: the cause tells what was counted.
  for (const json& result : document["results"]) {
    const auto per_index = result["answer"].get<std::uint64_t>() / 100;
    if (result["backend"] != "openmp") {
      EXPECT_EQ(per_index, all_) << result["label"];
    }
    // A core may have several processors.
    if (result["backend"] == "openmp" && heeded() && GetParam().value != "cores") {
      EXPECT_EQ(per_index, 1U) << result["label"];
    }
  }
  EXPECT_EQ(document["context"]["usable_cores"], all_);
  const json binding = heeded() ? json({{GetParam().name, GetParam().value}}) : json::object();
  EXPECT_EQ(document["context"]["openmp_binding"], binding);
  EXPECT_EQ(ended.code, 1) << ended.err;
}

TEST_P(OpenMPBindingOfTheProgram, IsNamedByTheDoctorOnce) {
  const json findings = json::parse(run_parlab({"doctor", "--json"}).out)["findings"];
  int named = 0;
  for (const json& finding : findings) {
    const auto found = finding["found"].get<std::string>();
    if (found.find(GetParam().name) != std::string::npos) ++named;
    if (finding["check"] == "affinity") {
      EXPECT_EQ(finding["found"].get<std::string>().find(std::to_string(all_)), 0u) << found;
    }
    if (finding["check"] != "OpenMP binding" || !heeded()) continue;
    EXPECT_EQ(finding["status"], "warning");
    EXPECT_THAT(found, HasSubstr(GetParam().name + std::string("=") + GetParam().value));
    EXPECT_THAT(finding["cure"].get<std::string>(), HasSubstr("unset"));
  }
  EXPECT_EQ(named, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Variables, OpenMPBindingOfTheProgram,
    testing::Values(Binding{"OMP_PROC_BIND", "true"}, Binding{"OMP_PROC_BIND", "spread"},
                    Binding{"OMP_PLACES", "threads"}, Binding{"OMP_PLACES", "cores"},
                    Binding{"OMP_PLACES", "{0}"}, Binding{"GOMP_CPU_AFFINITY", "0-1"},
                    Binding{"GOMP_CPU_AFFINITY", "1"},
                    Binding{"KMP_AFFINITY", "granularity=fine,compact"}),
    [](const auto& info) {
      std::string name = info.param.name;
      for (const char letter : info.param.value)
        if (std::isalnum(static_cast<unsigned char>(letter)) != 0) name += letter;
      return std::string(name);
    });

}  // namespace
}  // namespace parlab
