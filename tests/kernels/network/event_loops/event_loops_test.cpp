#include "kernels/network/event_loops/event_loops.hpp"

#include <gtest/gtest.h>

namespace parlab {
namespace {

class EveryLoop : public testing::TestWithParam<LoopStyle> {};

TEST_P(EveryLoop, LetsHelloAndWorldTakeTurns) {
  for (const std::uint64_t turns : {1U, 2U, 3U, 10U, 1001U}) {
    Conversation straight(turns);
    while (straight.hello() && straight.world()) {
    }
    EXPECT_EQ(GetParam().hello_world(turns), straight.said()) << turns;
  }
}

TEST_P(EveryLoop, KeepsManyTasksWaiting) {
  for (const std::uint64_t tasks : {0U, 1U, 20'000U}) {
    int waited = 0;
    EXPECT_EQ(GetParam().wait_at_once(tasks, [&] { ++waited; }), tasks * (tasks + 1) / 2);
    EXPECT_EQ(waited, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Loops, EveryLoop, testing::ValuesIn(loop_styles()),
                         [](const auto& info) { return info.param.name; });

TEST(Conversation, TellsAnOrderFromAnother) {
  Conversation a(2), b(2);
  a.hello();
  a.world();
  b.world();
  b.hello();
  EXPECT_NE(a.said(), b.said());
}

}  // namespace
}  // namespace parlab
