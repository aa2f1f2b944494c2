// Pools of a manager: what they give.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "tests/kernels/sharing/manager/pool_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;
using Data = ManagedData;

TEST_F(ManagerPoolTest, CallsFunctionsInOtherProcesses) {
  const ManagedPool pool = manager().pool(2);
  EXPECT_EQ(pool.workers(), 2u);
  EXPECT_EQ(pool.apply("square", 7), 49);
  EXPECT_EQ(pool.apply("add", 1, 0.5), 1.5);
  EXPECT_EQ(pool.apply("nothing"), nullptr);
  EXPECT_EQ(pool.apply("same", Data({{"k", {1, nullptr}}})), Data({{"k", {1, nullptr}}}));
  EXPECT_EQ(pool.apply("sum", std::vector<int>{1, 2, 3}), 6);
  const auto workers = pids(pool);
  EXPECT_FALSE(workers.contains(getpid()) || workers.contains(manager().pid()));
}

TEST_F(ManagerPoolTest, MapsInTheOrderOfTheItems) {
  const ManagedPool pool = manager().pool(2);
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  for (const int chunksize : {0, 1, 7, 100, 1000}) {
    const Data squares = pool.map("square", items, chunksize);
    ASSERT_EQ(squares.size(), 100u);
    for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(squares[i], i * i) << chunksize;
  }
  EXPECT_EQ(pool.map("square", Data::array()), Data::array());
  EXPECT_EQ(pool.starmap("add", {{1, 2}, {3, 4}}), Data({3.0, 7.0}));
  EXPECT_EQ(pool.map("sum", {{1, 2}, {3}}), Data({3, 3})) << "a list is one argument of map()";
}

TEST_F(ManagerPoolTest, GivesResultsLater) {
  const ManagedPool pool = manager().pool(1);
  const ManagedResult slow = pool.apply_async("sleep", 0.3);
  const ManagedResult behind = pool.map_async("square", {1, 2});
  EXPECT_FALSE(behind.ready());
  EXPECT_THROW(behind.successful(), ManagerError);
  EXPECT_THROW(behind.get(0ms), TimedOut);
  EXPECT_THROW(behind.get(-1ms), TimedOut);
  EXPECT_FALSE(behind.wait(1ms));
  EXPECT_EQ(behind.get(long_enough), Data({1, 4}));
  EXPECT_TRUE(slow.ready() && slow.successful());
  EXPECT_EQ(behind.get(), Data({1, 4})) << "again";
  EXPECT_EQ(pool.starmap_async("add", {{1, 1}}).get(), Data::array({2.0}));
}

TEST_F(ManagerPoolTest, ReadsTheItemsOfImapAsTheyAreNeeded) {
  const ManagedPool pool = manager().pool(2);
  int read = 0;
  struct Endless {  // 0, 1, 2 and so on
    int* read;
    struct Iterator {
      int* read;
      int at;
      int operator*() const { return ++*read, at; }
      Iterator operator++(int) { return {read, at++}; }
      bool operator==(const Iterator&) const { return false; }
    };
    Iterator begin() { return {read, 0}; }
    Iterator end() { return {read, 0}; }
  };
  ManagedImap results = pool.imap("square", Endless{&read}, 3);
  for (int i = 0; i < 30; ++i) ASSERT_EQ(results.next(long_enough), Data(i * i));
  EXPECT_LE(read, 30 + 3 * (2 * 2 + 1) + 3) << "no more than a window";
  const std::vector<int> items = {4, 3, 2, 1};
  Data seen = Data::array();
  for (const Data& result : pool.imap("square", items)) seen.push_back(result);
  EXPECT_EQ(seen, Data({16, 9, 4, 1}));
  std::multiset<int> unordered;
  for (const Data& result : pool.imap_unordered("square", items, 2))
    unordered.insert(result.get<int>());
  EXPECT_EQ(unordered, (std::multiset<int>{1, 4, 9, 16}));
  EXPECT_EQ(pool.imap("square", std::vector<int>{}).next(), std::nullopt);
  EXPECT_THROW(pool.imap("square", items, 0), ManagerError);
}

TEST_F(ManagerPoolTest, GivesTheResultsUnderWayBeforeItRefusesMoreItemsOfImap) {
  const ManagedPool pool = manager().pool(1);
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  ManagedImap results = pool.imap("square", items);
  EXPECT_EQ(results.next(), Data(0));
  pool.close();
  int next = 1;
  const std::string refusal = message_of<ManagerError>([&] {
    while (const std::optional<Data> result = results.next()) {
      EXPECT_EQ(*result, Data(next * next));
      ++next;
    }
  });
  EXPECT_THAT(refusal, HasSubstr("closed")) << "not an end: items are left";
  EXPECT_EQ(next, 4) << "what was read, and a window of three";
  EXPECT_THROW(results.next(), ManagerError) << "again";
}

TEST_F(ManagerPoolTest, TellsOfResultsThatAnotherProcessHasRead) {
  const ManagedPool pool = manager().pool(1);
  const std::vector<int> items = {1, 2, 3};
  ManagedImap results = pool.imap("square", items);
  EXPECT_EQ(results.next(), Data(1));
  ChildProcess child = ChildProcess::fork([&] {
    while (results.next()) continue;
  });
  EXPECT_TRUE(child.wait().success());
  EXPECT_THAT(message_of<ManagerError>([&] { results.next(); }), HasSubstr("another process"));
}

TEST_F(ManagerPoolTest, UnorderedResultsComeAsTheyAreDone) {
  const ManagedPool pool = manager().pool(2);
  const std::vector<double> seconds = {0.5, 0.0};
  ManagedImap ordered = pool.imap("sleep", seconds);
  EXPECT_THROW(ordered.next(1ms), TimedOut);
  EXPECT_EQ(ordered.next(), Data(nullptr));
  EXPECT_EQ(ordered.next(), Data(nullptr));
  EXPECT_EQ(ordered.next(), std::nullopt);
  const auto began = Deadline::Clock::now();
  ManagedImap unordered = pool.imap_unordered("sleep", std::vector<double>{30, 0.0});
  EXPECT_EQ(unordered.next(), Data(nullptr));
  EXPECT_LT(Deadline::Clock::now() - began, 20s);
}

TEST_F(ManagerPoolTest, CarriesWhatATaskThrows) {
  const ManagedPool pool = manager().pool(2);
  try {
    pool.map("throw_three", {1, 2, 3, 4});
    FAIL();
  } catch (const TaskFailed& error) {
    EXPECT_EQ(error.type(), "std::out_of_range");
    EXPECT_STREQ(error.what(), "three");
  }
  ManagedImap results = pool.imap("throw_three", std::vector<int>{2, 3, 4}, 3);
  EXPECT_EQ(results.next(), Data(2));
  EXPECT_THROW(results.next(), TaskFailed);
  EXPECT_EQ(results.next(), Data(4)) << "goes on behind what failed";
  EXPECT_EQ(results.next(), std::nullopt);
  const ManagedResult failed = pool.apply_async("throw_at", 1, 1);
  EXPECT_TRUE(failed.wait(long_enough));
  EXPECT_FALSE(failed.successful());
  EXPECT_THAT(message_of<TaskFailed>([&] { pool.apply("deep", 100); }), HasSubstr("levels"));
  EXPECT_EQ(pool.apply("deep", 50).dump().size(), 104u);
}

TEST_F(ManagerPoolTest, RefusesArgumentsOfAnotherKind) {
  const ManagedPool pool = manager().pool(1);
  const auto refusal = [&](const char* function, const auto&... arguments) {
    return message_of<TaskFailed>([&] { pool.apply(function, arguments...); });
  };
  EXPECT_THAT(refusal("square", 1.9), HasSubstr("whole number"));
  EXPECT_THAT(refusal("square", "1"), HasSubstr("whole number"));
  EXPECT_THAT(refusal("square", true), HasSubstr("whole number"));
  EXPECT_THAT(refusal("square"), HasSubstr("takes 1 arguments, not 0"));
  EXPECT_THAT(refusal("square", 1, 2), HasSubstr("takes 1 arguments, not 2"));
  EXPECT_THAT(refusal("byte", 256), HasSubstr("does not fit its type"));
  EXPECT_THAT(refusal("byte", -1), HasSubstr("does not fit its type"));
  EXPECT_THAT(refusal("natural", -1), HasSubstr("does not fit its type"));
  EXPECT_THAT(refusal("whole", 1ULL << 63), HasSubstr("does not fit its type"));
  EXPECT_THAT(refusal("single", 1e300), HasSubstr("does not fit its type"));
  EXPECT_EQ(pool.apply("natural", ~0ULL), ~0ULL);
  EXPECT_EQ(pool.apply("whole", INT64_MIN), INT64_MIN);
  EXPECT_EQ(pool.apply("byte", 255), 255);
  EXPECT_EQ(pool.apply("single", 1e30), static_cast<double>(1e30F));
  EXPECT_THAT(refusal("add", 1, true), HasSubstr("should be a number"));
  EXPECT_THAT(refusal("sum", Data({1, 2.5})), HasSubstr("whole number"));
  EXPECT_THAT(refusal("sum", 5), HasSubstr("list"));
  const auto no_call = [&](const auto& call) { return message_of<ManagerError>(call); };
  EXPECT_THAT(no_call([&] { pool.apply("sqare", 1); }), HasSubstr("'sqare'"));
  EXPECT_THAT(no_call([&] { pool.map("square", 5); }), HasSubstr("list"));
  EXPECT_THAT(no_call([&] { pool.map("square", "123"); }), HasSubstr("list"));
  EXPECT_THAT(no_call([&] { pool.starmap("add", {1, 2}); }), HasSubstr("list of lists"));
  EXPECT_THAT(no_call([&] { pool.map("square", {1}, -1); }), HasSubstr("is 0 or more"));
  EXPECT_THAT(no_call([&] { manager().pool(0); }), HasSubstr("workers"));
  EXPECT_THAT(no_call([&] { manager().pool(-1); }), HasSubstr("is 0 or more"));
  EXPECT_THAT(no_call([&] { manager().pool(1'000'000); }), HasSubstr("1024"));
  EXPECT_EQ(pool.apply("square", 3), 9) << "and goes on";
}

TEST_F(ManagerPoolTest, ServesEveryClient) {
  const ManagedPool pool = manager().pool(2, {}, "pool");
  std::vector<ChildProcess> children;
  for (int child = 0; child < 3; ++child)
    children.push_back(ChildProcess::fork([&] {
      for (int i = 0; i < 20; ++i)
        if (pool.apply("square", i) != i * i) _exit(3);
    }));
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
  const ManagerClient other = ManagerClient::connect(manager().address());
  EXPECT_EQ(managed_pool(other, 1, {}, "pool").workers(), 2u) << "found by its name";
  const ManagedCounter counter = manager().counter();
  EXPECT_EQ(pool.apply("call_back", manager().address(), counter.object()), 1)
      << "a task may use its manager";
}

TEST_F(ManagerPoolTest, InitializesItsWorkersAndReplacesThem) {
  const ManagedPool pool =
      manager().pool(1, {.initializer = "initialize", .max_tasks_per_child = 2});
  std::set<pid_t> workers;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(pool.apply("initialized"), 7);
    workers.insert(pool.apply("pid").get<pid_t>());
  }
  EXPECT_EQ(workers.size(), 6u) << "each ends after two";
  EXPECT_THROW(manager().pool(1, {.initializer = "unheard of"}), ManagerError);
  EXPECT_EQ(initialized, 0) << "here";
}

TEST_F(ManagerPoolTest, EndsWhereItsInitializerFails) {
  for (const auto& [initializer, why] : {std::pair("fail", "no licence"), {"crash", "SIGABRT"}}) {
    const ManagedPool pool = manager().pool(2, {.initializer = initializer});
    // The first call may be there before the failure is heard of.
    EXPECT_THAT(message_of<ManagerError>([&] { pool.apply("square", 1); }), HasSubstr(why));
    EXPECT_THAT(message_of<ManagerError>([&] { pool.apply("square", 1); }), HasSubstr(why));
    pool.close();
    EXPECT_TRUE(pool.join(long_enough));
  }
}

TEST_F(ManagerPoolTest, ClosesAfterWhatWasAskedAndTerminatesWithout) {
  const ManagedPool pool = manager().pool(2);
  EXPECT_THROW(pool.join(), ManagerError) << "not before close()";
  const ManagedResult asked = pool.map_async("square", {1, 2, 3}, 1);
  pool.close();
  EXPECT_THROW(pool.apply("square", 1), ManagerError);
  EXPECT_TRUE(pool.join(long_enough));
  EXPECT_EQ(asked.get(0ms), Data({1, 4, 9}));

  const ManagedPool stuck = manager().pool(2);
  const ManagedResult endless = stuck.map_async("sleep", {3600, 3600, 3600}, 1);
  const ManagedResult stubborn = stuck.apply_async("stay");
  EXPECT_FALSE((stuck.close(), stuck.join(20ms)));
  stuck.terminate();
  EXPECT_THAT(message_of<ManagerError>([&] { endless.get(); }), HasSubstr("terminated"));
  EXPECT_THROW(stubborn.get(), ManagerError);
  EXPECT_TRUE(stuck.join(long_enough));
  EXPECT_TRUE(stuck.join(0ms));
}

TEST_F(ManagerPoolTest, TerminatesAWorkerThatIgnoresIt) {
  const ManagedPool pool = manager().pool(1);
  const auto workers = pids(pool);
  const ManagedResult stubborn = pool.apply_async("stay");
  ASSERT_TRUE(eventually([&] { return is_asleep(*workers.begin()); }));
  pool.terminate();
  EXPECT_TRUE(pool.join(long_enough));
  EXPECT_TRUE(has_ended(*workers.begin()));
}

}  // namespace
}  // namespace parlab
