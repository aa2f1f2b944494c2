// However the program was started, it finds itself: to start an arm again with a variable that its
// runtime reads as it is loaded (OpenMP's cancellation), and the Python package beside it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "kernels/backends/search/cancellable_search.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Each in its own folder, in which `copy` is a copy of the program.
struct WayToStart {
  const char* name;
  std::string command;  // in a shell, before the words for parlab
};

class StartedBy : public testing::TestWithParam<WayToStart> {
 protected:
  void SetUp() override {
    if (GetParam().command.find("ld.so") != std::string::npos && !fs::exists(loader()))
      GTEST_SKIP() << "no loader at " << loader();
    fs::copy_file(program_path(), folder_.path() / "copy");
    fs::create_symlink(program_path(), folder_.path() / "link");
    fs::create_symlink(loader(), folder_.path() / "ld.so");
    unsetenv("OMP_CANCELLATION");  // NOLINT(concurrency-mt-unsafe): tests have one thread
  }
  static std::string loader() { return "/lib64/ld-linux-x86-64.so.2"; }

  /// What parlab writes to stdout; its exit code and stderr are printed where it fails.
  std::string out(const std::string& words) const {
    const std::string line =
        "cd " + folder_.path().string() + " && " + GetParam().command + " " + words + " >out 2>err";
    // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor): a test's own words
    const int status = std::system(line.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 0) << content("err");
    return content("out");
  }
  std::string content(const std::string& name) const {
    std::ifstream stream(folder_.path() / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  TemporaryFolder folder_;
};

TEST_P(StartedBy, ListsAndNamesItself) {
  EXPECT_THAT(out("list"), testing::HasSubstr("Experiments (parlab run NAME)"));
}

TEST_P(StartedBy, CancelsByOpenMPWithoutAWordInTheRecord) {
  if (cancellable_search("openmp") == nullptr) GTEST_SKIP() << "this build has no OpenMP";
  const json document = json::parse(out(
      "run verify_prime --number 1000003 --algorithm naive --flag cancel,atomic --split dynamic "
      "--backend openmp --workers 2 --rounds 2 --quiet --json -"));
  bool cancelled = false;
  for (const json& result : document["results"]) {
    EXPECT_TRUE(result["ok"]) << result["failure"];
    cancelled = cancelled || (result["variant"] == "cancel" && result["backend"] == "openmp");
  }
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(document["context"]["environment"].contains("OMP_CANCELLATION"));
}

INSTANTIATE_TEST_SUITE_P(
    Ways, StartedBy,
    testing::Values(WayToStart{"ItsPath", "\"$PWD\"/copy"}, WayToStart{"ARelativePath", "./copy"},
                    WayToStart{"ALink", "./link"},
                    WayToStart{"ASearchOfPath", "PATH=\"$PWD:$PATH\" copy"},
                    WayToStart{"AnotherName", "exec bash -c 'exec -a mine ./copy \"$@\"' -"},
                    WayToStart{"TheLoader", "./ld.so ./copy"},
                    WayToStart{"TheLoaderWithOptions", "./ld.so --library-path \"$PWD\" ./copy"},
                    WayToStart{"AnOpenFileThatWasDeleted", "exec 9<copy && rm copy && /dev/fd/9"}),
    [](const auto& info) { return info.param.name; });

TEST(StartedByTheLoader, FindsThePythonPackageBesideTheProgram) {
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  if (!fs::exists(loader)) GTEST_SKIP() << "no loader at " << loader;
  const TemporaryFolder folder;
  const auto quoted = [](const fs::path& path) { return "'" + path.string() + "'"; };
  const auto pythons = [&](const std::string& command) {
    const std::string line = command + " list --json >" + quoted(folder.path() / "out");
    // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor): a test's own words
    EXPECT_EQ(std::system(line.c_str()), 0);
    return read_json(folder.path() / "out")["pythons"];
  };
  EXPECT_EQ(pythons(loader + " " + quoted(program_path())), pythons(quoted(program_path())));
}

}  // namespace
}  // namespace parlab
