#include "kernels/machine/processors/processor_set.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace parlab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ProcessorSet, KeepsNumbersBeyondTheFirstWordAndTheFixedSet) {
  ProcessorSet set{};
  EXPECT_THAT(set.numbers(), IsEmpty());
  for (const int number : {8191, 0, 63, 64, 1024, 64}) set.add(number);
  EXPECT_THAT(set.numbers(), ElementsAre(0, 63, 64, 1024, 8191));
  EXPECT_EQ(set.count(), 5);
}

TEST(ProcessorSet, LeavesOutWhatItHasNoRoomFor) {
  ProcessorSet set{};
  set.add(ProcessorSet::capacity);
  set.add(-1);
  EXPECT_EQ(set, ProcessorSet{});
}

TEST(ProcessorsOfThread, AreThoseThatItWasBoundTo) {
  const ProcessorSet before = processors_of_thread();
  ASSERT_GE(before.count(), 1);
  std::thread([&] {
    ProcessorSet one{};
    one.add(before.numbers().back());
    EXPECT_TRUE(bind_thread(one));
    EXPECT_EQ(processors_of_thread(), one);
    EXPECT_FALSE(bind_thread({})) << "a thread must run somewhere";
    EXPECT_EQ(processors_of_thread(), one);
  }).join();
  EXPECT_EQ(processors_of_thread(), before) << "only the thread itself is bound";
}

TEST(ProcessorsAtStart, WereReadBeforeMain) {
  EXPECT_GE(processors_at_start().count(), 1);
  const ProcessorSet before = processors_of_thread();
  ProcessorSet one{};
  one.add(before.numbers().front());
  const ProcessorSet at_start = processors_at_start();
  bind_thread(one);
  EXPECT_EQ(processors_at_start(), at_start) << "what was bound later does not count";
  bind_thread(before);
}

}  // namespace
}  // namespace parlab
