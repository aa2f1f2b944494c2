// What both pools do alike.

#include "kernels/sharing/pool/pool.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/sync/condition.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

std::int64_t square(std::int64_t n) { return n * n; }

std::int64_t fail_at_multiples_of_10(std::int64_t n) {
  if (n % 10 == 0) throw std::out_of_range("no " + std::to_string(n));
  return n;
}

std::vector<std::int64_t> first(std::size_t count) {
  std::vector<std::int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

template <class Kind>
class PoolTest : public SharingTest {};
using Kinds = testing::Types<Pool, ThreadPool>;
TYPED_TEST_SUITE(PoolTest, Kinds);

TYPED_TEST(PoolTest, MapsInOrderForEveryChunksize) {
  TypeParam pool(3);
  EXPECT_EQ(pool.workers(), 3);
  for (const std::size_t count : {0, 1, 2, 100, 1001}) {
    std::vector<std::int64_t> expected;
    for (const std::int64_t n : first(count)) expected.push_back(n * n);
    for (const std::size_t chunksize : {0, 1, 7, 5000})
      EXPECT_EQ(pool.map(square, first(count), chunksize), expected);
  }
}

TYPED_TEST(PoolTest, TakesLambdasAndEveryKindOfArgument) {
  TypeParam pool(2);
  EXPECT_EQ(pool.apply([](int a, const std::string& b) { return b + std::to_string(a); }, 1,
                       std::string("x")),
            "x1");
  EXPECT_THAT(pool.starmap([](int a, double b) { return a * b; },
                           std::vector<std::tuple<int, double>>{{2, 1.5}, {3, 2.0}}),
              testing::ElementsAre(3.0, 6.0));
  EXPECT_THAT(pool.map([](const std::string& s) { return s.size() > 1; },
                       std::vector<std::string>{"a", "bb"}),
              testing::ElementsAre(false, true));
  EXPECT_EQ(pool.map([](int) {}, std::vector<int>{1, 2, 3}).size(), 3u);
}

TYPED_TEST(PoolTest, CarriesLargeItemsAndResults) {
  TypeParam pool(2);
  const std::vector<std::string> items(5, std::string(std::size_t{1} << 20, 'x'));
  EXPECT_EQ(pool.map([](const std::string& s) { return s + s; }, items, 1),
            std::vector<std::string>(5, std::string(std::size_t{2} << 20, 'x')));
}

TYPED_TEST(PoolTest, BringsTheFirstFailureWhenAllIsDone) {
  TypeParam pool(2);
  try {
    pool.map(fail_at_multiples_of_10, std::vector<std::int64_t>{1, 40, 2, 20}, 1);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "no 40");
  }
  EXPECT_ANY_THROW(pool.apply([] { throw 42; }));
}

TYPED_TEST(PoolTest, GivesEachResultOrFailureOfAnImap) {
  TypeParam pool(2);
  const auto numbers = first(100);
  for (const std::size_t chunksize : {1, 7, 1000}) {
    auto results = pool.imap(fail_at_multiples_of_10, numbers, chunksize);
    for (std::int64_t n = 0; n < 100; ++n) {
      if (n % 10 == 0)
        EXPECT_ANY_THROW(results.next()) << n;
      else
        EXPECT_EQ(results.next(), n);
    }
    EXPECT_EQ(results.next(), std::nullopt);
  }
}

TYPED_TEST(PoolTest, GivesEachResultOfAnUnorderedImapOnce) {
  TypeParam pool(3);
  std::vector<std::int64_t> seen;
  const auto numbers = first(200);
  for (const std::int64_t n : pool.imap_unordered(square, numbers, 3)) seen.push_back(n);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, pool.map(square, numbers));
}

/// Numbers without end, which counts how many were taken.
class Endless {
 public:
  struct Iterator {
    const Endless* source;
    std::int64_t operator*() const { return source->taken_; }
    Iterator& operator++() {
      ++source->taken_;
      return *this;
    }
    bool operator!=(const Iterator&) const { return true; }
  };
  Iterator begin() const { return {this}; }
  Iterator end() const { return {this}; }
  std::int64_t taken() const { return taken_; }

 private:
  mutable std::int64_t taken_ = 0;
};

TYPED_TEST(PoolTest, ReadsTheInputOfAnImapOnlyAsFarAsNeeded) {
  TypeParam pool(2);
  const Endless numbers;
  auto results = pool.imap(square, numbers, 10);
  for (std::int64_t n = 0; n < 1000; ++n) {
    ASSERT_EQ(results.next(), n * n);
    ASSERT_LE(numbers.taken(), n + 10L * (2 * 2 + 1 + 1));  // the window, and the chunk being read
  }
}

TYPED_TEST(PoolTest, AnswersLater) {
  Event go;
  static Event* gate;
  gate = &go;
  TypeParam pool(2);
  const auto waiting = pool.apply_async([] { return gate->wait(long_enough); });
  EXPECT_FALSE(waiting.ready());
  EXPECT_FALSE(waiting.wait(10ms));
  EXPECT_THROW(waiting.successful(), std::logic_error);
  EXPECT_THROW(waiting.get(10ms), TimedOut);
  go.set();
  EXPECT_TRUE(waiting.get());
  EXPECT_TRUE(waiting.successful());

  const auto failing = pool.apply_async([]() -> int { throw std::runtime_error("no"); });
  EXPECT_TRUE(failing.wait(long_enough));
  EXPECT_FALSE(failing.successful());
  EXPECT_THROW(failing.get(), std::runtime_error);
  EXPECT_EQ(pool.map_async(square, first(50)).get(long_enough), pool.map(square, first(50)));
}

TYPED_TEST(PoolTest, GoesOnWhileNobodyWaits) {
  RawValue<int> done(0);
  static RawValue<int>* counter;
  counter = &done;
  TypeParam pool(2);
  std::vector<AsyncResult<Nothing>> results;
  for (int i = 0; i < 100; ++i) results.push_back(pool.apply_async([] { counter->fetch_add(1); }));
  EXPECT_TRUE(eventually([&] { return done.load() == 100; }));
}

TYPED_TEST(PoolTest, ServesSeveralThreadsAtOnce) {
  TypeParam pool(2);
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 20; ++k) EXPECT_EQ(pool.map(square, first(20), 3)[19], 361);
    });
  for (std::thread& caller : callers) caller.join();
}

TYPED_TEST(PoolTest, CallsTheInitializerInEachWorkerFirst) {
  thread_local int prepared = 0;
  TypeParam pool(3, {.initializer = [] { prepared = 7; }});
  for (const int value : pool.map([](int) { return prepared; }, std::vector<int>(50), 1))
    EXPECT_EQ(value, 7);
}

TYPED_TEST(PoolTest, EndsWithTheReasonWhereTheInitializerFails) {
  try {
    TypeParam pool(2, {.initializer = [] { throw std::runtime_error("no table"); }});
    pool.map(square, first(10));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no table"));
  }
}

TYPED_TEST(PoolTest, FinishesWhatItHasAfterClose) {
  TypeParam pool(2);
  EXPECT_THROW(pool.join(), std::logic_error);
  const auto result = pool.map_async(square, first(500), 1);
  pool.close();
  EXPECT_THROW(pool.map(square, first(2)), std::logic_error);
  EXPECT_TRUE(pool.join(long_enough));
  EXPECT_EQ(result.get(0s).size(), 500u);
}

TYPED_TEST(PoolTest, FailsWhatIsNotDoneWhenItIsTerminated) {
  Event begun;
  static Event* begin;
  begin = &begun;
  std::optional<TypeParam> pool(std::in_place, 1);
  const auto running = pool->apply_async([] {
    begin->set();
    usleep(50'000);
  });
  const auto queued = pool->map_async(square, first(100), 1);
  EXPECT_TRUE(begun.wait(long_enough));
  pool.reset();  // terminates
  EXPECT_THROW(queued.get(0s), SharingError);
}

TYPED_TEST(PoolTest, NeedsAWorker) { EXPECT_THROW(TypeParam(0), std::invalid_argument); }

}  // namespace
}  // namespace parlab
