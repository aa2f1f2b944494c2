// SharedArray: shared, zeroed, viewed without a copy; attached by name, or refused.

#include "kernels/sharing/memory/shared_array.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/memory/segment_name.hpp"
#include "kernels/sharing/messages/connection.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

class SharedArrayTest : public SharingTest {
 protected:
  static std::string refusal(const std::function<void()>& attach) {
    try {
      attach();
    } catch (const WrongSegment& wrong) {
      return wrong.what();
    }
    return "not refused";
  }
};

TEST_F(SharedArrayTest, IsZeroedSharedAndRowMajor) {
  const SharedArray<double> array({3, 5});
  EXPECT_EQ(array.size(), 15u);
  EXPECT_EQ(array.bytes(), 120u);
  EXPECT_EQ(std::count(array.begin(), array.end(), 0.0), 15);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 4096, 0u);
  Process writer([&] { std::iota(array.row(1).begin(), array.row(1).end(), 1.0); });
  writer.start();
  writer.join();
  EXPECT_EQ(array[5], 1.0);
  EXPECT_EQ(array.view()[9], 5.0);
  EXPECT_EQ(array.row(2)[0], 0.0);
}

TEST_F(SharedArrayTest, IsFaultedInByPopulate) {
  const SharedArray<std::uint64_t> array({1 << 18});  // 2 MiB
  array.advise_huge_pages();
  array[7] = 3;
  array.populate();
  EXPECT_EQ(array[7], 3u);
  std::vector<unsigned char> resident(array.bytes() / 4096);
  ASSERT_EQ(mincore(array.data(), array.bytes(), resident.data()), 0);
  EXPECT_TRUE(std::all_of(resident.begin(), resident.end(), [](auto page) { return page & 1; }));
}

TEST_F(SharedArrayTest, IsAttachedByNameFromAProgramThatIsNoChild) {
  std::string name;
  {
    const auto array = SharedArray<float>::named({4, 4});
    name = array.name();
    array[3] = 2.5F;
    const auto same = SharedArray<float>::attach(name, {4, 4});
    EXPECT_EQ(same[3], 2.5F);
    same[4] = 1;
    EXPECT_EQ(array[4], 1);
    Process child([&] {
      const auto attached = SharedArray<float>::attach(name, {4, 4});
      attached[5] = 9;
    });
    child.start();
    child.join();
    EXPECT_EQ(array[5], 9) << "and neither the child nor `attached` removed it";
  }
  EXPECT_THAT(refusal([&] {
                SharedArray<float>::attach(name, {4, 4});
              }),
              testing::HasSubstr("there is no shared segment"));
}

TEST_F(SharedArrayTest, RefusesAnotherTypeShapeOrVersion) {
  const auto array = SharedArray<double>::named({3, 5});
  EXPECT_THAT(refusal([&] {
                SharedArray<double>::attach(array.name(), {5, 3});
              }),
              testing::HasSubstr("holds double [3, 5], not double [5, 3]"));
  EXPECT_THAT(refusal([&] {
                SharedArray<std::int64_t>::attach(array.name(), {3, 5});
              }),
              testing::HasSubstr("holds double [3, 5], not long [3, 5]"));
  // The last page: the facts, the version behind them, the mark.
  std::byte* label = reinterpret_cast<std::byte*>(array.data()) + 4096;
  auto& version = *reinterpret_cast<std::uint64_t*>(label + sizeof(SegmentFacts));
  ++version;
  EXPECT_THAT(refusal([&] {
                SharedArray<double>::attach(array.name(), {3, 5});
              }),
              testing::HasSubstr("has layout version 2, this program knows 1"));
  --version;
  EXPECT_EQ(SharedArray<double>::attach(array.name(), {3, 5}).size(), 15u);
}

TEST_F(SharedArrayTest, RefusesWhatIsNoSegment) {
  const std::string name = "parlab-" + std::to_string(getpid()) + "-other";
  const int file = shm_open(("/" + name).c_str(), O_RDWR | O_CREAT, 0600);
  for (const off_t bytes : {0, 100, 8192}) {
    ASSERT_EQ(ftruncate(file, bytes), 0);
    EXPECT_THAT(refusal([&] { SharedArray<double>::attach(name, {4}); }),
                testing::HasSubstr("is not a segment of parlab"));
  }
  close(file);
  shm_unlink(("/" + name).c_str());
}

TEST_F(SharedArrayTest, RefusesShapesThatCannotBe) {
  EXPECT_THROW(SharedArray<double>({0, 3}), std::invalid_argument);
  EXPECT_THROW(SharedArray<double>(std::vector<std::size_t>{}), std::invalid_argument);
  EXPECT_THROW(SharedArray<double>(std::vector<std::size_t>(9, 1)), std::invalid_argument);
  constexpr std::size_t large = std::numeric_limits<std::size_t>::max() / 2;
  EXPECT_THROW(SharedArray<double>({large, large}), OutOfRoom);
  EXPECT_THROW(SharedArray<double>({std::size_t{1} << 45}), OutOfRoom);
  EXPECT_THROW(SharedArray<double>::named({std::size_t{1} << 45}), OutOfRoom);
}

TEST_F(SharedArrayTest, IsSweptWhenItsCreatorWasKilled) {
  auto [here, there] = make_pipe();
  Process creator([end = &there] {
    const auto array = SharedArray<int>::named({10});
    end->send(array.name());
    pause();
  });
  creator.start();
  const auto leaked = here.recv<std::string>();
  const auto mine = SharedArray<int>::named({10});
  EXPECT_THAT(sweep_leaked_segments(), testing::Not(testing::Contains(leaked))) << "it lives";
  creator.kill();
  creator.join();
  sweep_leaked_segments();  // another test may have been first
  EXPECT_THAT(refusal([&] { SharedArray<int>::attach(leaked, {10}); }),
              testing::HasSubstr("there is no"));
  EXPECT_EQ(SharedArray<int>::attach(mine.name(), {10}).size(), 10u);
}

}  // namespace
}  // namespace parlab
