#include "experiments/own_kernel/making_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace {

namespace fs = std::filesystem;

using parlab::MakingFolder;
using parlab::TemporaryFolder;

/// Each removes what it takes for abandoned while the others make theirs and have not locked it yet.
TEST(MakingFolder, IsKeptWhileOthersAreMadeBesideIt) {
  const TemporaryFolder parent;
  std::atomic<int> lost = 0;
  std::vector<std::thread> makers;
  for (int maker = 0; maker < 4; ++maker)
    makers.emplace_back([&parent, &lost] {
      for (int i = 0; i < 1000; ++i) {
        const MakingFolder making(parent.path());
        std::ofstream(making.path() / "kernel.cpp") << "auto kernel(long i) { return i; }\n";
        lost += fs::exists(making.path() / "kernel.cpp") ? 0 : 1;
      }
    });
  for (std::thread& maker : makers) maker.join();
  EXPECT_EQ(lost, 0);
  EXPECT_TRUE(fs::is_empty(parent.path()));
}

TEST(MakingFolder, OfOneThatWasKilledIsRemovedByTheNext) {
  const TemporaryFolder parent;
  fs::create_directory(parent.path() / "making.killed");
  std::ofstream(parent.path() / "making.killed" / "kernel.cpp") << "half";
  {
    const MakingFolder making(parent.path());
    EXPECT_FALSE(fs::exists(parent.path() / "making.killed"));
    const MakingFolder another(parent.path());
    EXPECT_TRUE(fs::exists(making.path()));
  }
  EXPECT_TRUE(fs::is_empty(parent.path()));
}

}  // namespace
