#include "kernels/machine/processors/placement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kernels/base/errors.hpp"
#include "kernels/machine/processors/processor_set.hpp"
#include "tests/kernels/machine/root_folder.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;

/// Two packages of two cores of two threads, as Linux numbers them: 0 to 3 are the first threads of
/// the cores, by package; 4 to 7 the second ones.
class TwoPackages : public made_up::RootFolder {
 public:
  TwoPackages() {
    file("sys/devices/system/cpu/online", "0-7");
    for (int cpu = 0; cpu < 8; ++cpu) {
      const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
      file(folder + "physical_package_id", std::to_string(cpu / 2 % 2));
      file(folder + "core_id", std::to_string(cpu % 2));
    }
  }
};

TEST(Placement, PutsNeighboursTogether) {
  const TwoPackages machine;
  EXPECT_THAT(placed_processors(Placement::compact, 1, machine.path()), ElementsAre(0));
  EXPECT_THAT(placed_processors(Placement::compact, 2, machine.path()), ElementsAre(0, 4));
  EXPECT_THAT(placed_processors(Placement::compact, 4, machine.path()), ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(placed_processors(Placement::compact, 5, machine.path()), ElementsAre(0, 1, 2, 4, 5));
}

TEST(Placement, SpreadsOverPackagesThenCoresThenThreads) {
  const TwoPackages machine;
  EXPECT_THAT(placed_processors(Placement::spread, 1, machine.path()), ElementsAre(0));
  EXPECT_THAT(placed_processors(Placement::spread, 2, machine.path()), ElementsAre(0, 2));
  EXPECT_THAT(placed_processors(Placement::spread, 4, machine.path()), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(placed_processors(Placement::spread, 6, machine.path()),
              ElementsAre(0, 1, 2, 3, 4, 6));
}

TEST(Placement, GivesAllProcessorsToMoreWorkersAndToNoPlacement) {
  const TwoPackages machine;
  for (const Placement placement : {Placement::none, Placement::compact, Placement::spread})
    EXPECT_EQ(placed_processors(placement, 99, machine.path()).size(), 8u);
  EXPECT_EQ(placed_processors(Placement::none, 1, machine.path()).size(), 8u);
}

TEST(Placement, KeepsToTheProcessorsThatTheProcessMayRunOn) {
  TwoPackages machine;
  machine.file("proc/self/status", "Cpus_allowed_list:\t2-3,6");
  EXPECT_THAT(placed_processors(Placement::compact, 2, machine.path()), ElementsAre(2, 6));
  EXPECT_THAT(placed_processors(Placement::spread, 2, machine.path()), ElementsAre(2, 3));
}

TEST(Placement, TakesProcessorsWithoutATopologyForCoresOfTheirOwn) {
  made_up::RootFolder machine;
  machine.file("sys/devices/system/cpu/online", "0-3");
  EXPECT_THAT(placed_processors(Placement::spread, 2, machine.path()), ElementsAre(0, 1));
  EXPECT_THAT(placed_processors(Placement::compact, 2, machine.path()), ElementsAre(0, 1));
}

TEST(Placement, IsReadByName) {
  for (const std::string& name : placement_names())
    EXPECT_EQ(placement_name(placement_named("--pin", name)), name);
  EXPECT_THAT([] { placement_named("--pin", "compat"); },
              testing::ThrowsMessage<UsageError>(testing::HasSubstr("did you mean 'compact'")));
}

TEST(Placement, OfThisMachineIsAllowed) {
  const auto placed = placed_processors(Placement::spread, 1);
  ASSERT_EQ(placed.size(), 1u);
  EXPECT_THAT(processors_of_thread().numbers(), testing::Contains(placed.front()));
}

}  // namespace
}  // namespace parlab
