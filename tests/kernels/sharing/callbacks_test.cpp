// Callbacks of asynchronous calls, of both pools alike.

#include "kernels/sharing/callbacks.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "kernels/sanitizers.hpp"
#include "kernels/sharing/condition.hpp"
#include "kernels/sharing/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/sharing_errors.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

long square(long n) { return n * n; }
long product(long a, long b) { return a * b; }
long fail(long n) {
  if (n == 3) throw std::out_of_range("no 3");
  return n;
}

std::string message_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::ptrdiff_t threads() {
  namespace fs = std::filesystem;
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

template <class Kind>
class CallbacksTest : public SharingTest {};
using Kinds = testing::Types<Pool, ThreadPool>;
TYPED_TEST_SUITE(CallbacksTest, Kinds);

TYPED_TEST(CallbacksTest, GetTheResultOfEachKindOfCallAndLeaveItToItsCaller) {
  std::vector<long> got;  // callbacks come one after the other
  std::vector<std::string> failures;
  TypeParam pool(2);
  const auto keep_failure = [&](const std::exception_ptr& failure) {
    failures.push_back(message_of(failure));
  };
  const auto one = pool.apply_async(product, std::tuple(6L, 7L),
                                    {[&](long n) { got.push_back(n); }, keep_failure});
  EXPECT_EQ(one.get(long_enough), 42);
  const std::vector<long> numbers = {1, 2, 3, 4, 5};
  const auto keep_all = [&](const std::vector<long>& all) {
    got.insert(got.end(), all.begin(), all.end());
  };
  const auto many = pool.map_async(square, numbers, 2, {keep_all, keep_failure});
  EXPECT_EQ(many.get(long_enough), (std::vector<long>{1, 4, 9, 16, 25}));
  const std::vector<std::tuple<long, long>> pairs = {{2, 3}, {4, 5}};
  const auto products = pool.starmap_async(product, pairs, 1, {keep_all, keep_failure});
  EXPECT_EQ(products.get(long_enough), (std::vector<long>{6, 20}));
  EXPECT_EQ(got, (std::vector<long>{42, 1, 4, 9, 16, 25, 6, 20}));
  EXPECT_TRUE(failures.empty());
}

TYPED_TEST(CallbacksTest, GetTheFailureOfEachKindOfCall) {
  std::vector<std::string> failures;
  TypeParam pool(2);
  const auto keep = [&](const std::exception_ptr& why) { failures.push_back(message_of(why)); };
  const auto never = [](const auto&) { ADD_FAILURE() << "it failed"; };
  const auto one = pool.apply_async(fail, std::tuple(3L), {never, keep});
  EXPECT_TRUE(one.wait(long_enough));
  EXPECT_FALSE(one.successful());
  EXPECT_THROW(one.get(), std::exception);
  const std::vector<long> numbers = {1, 2, 3, 4, 5};
  EXPECT_THROW(pool.map_async(fail, numbers, 1, {never, keep}).get(long_enough), std::exception);
  const std::vector<std::tuple<long>> tuples = {{3}};
  EXPECT_THROW(pool.starmap_async(fail, tuples, 0, {never, keep}).get(long_enough), std::exception);
  EXPECT_THAT(failures, testing::ElementsAre("no 3", "no 3", "no 3"));
}

TYPED_TEST(CallbacksTest, MayBeOneOfTheTwo) {
  std::atomic<int> called = 0;
  TypeParam pool(1);
  EXPECT_EQ(pool.apply_async(square, std::tuple(3L), {.callback = [&](long) { ++called; }})
                .get(long_enough),
            9);
  EXPECT_EQ(called, 1);
  const auto count = [&](const std::exception_ptr&) { ++called; };
  EXPECT_EQ(pool.apply_async(square, std::tuple(3L), {.error_callback = count}).get(), 9);
  EXPECT_EQ(called, 1);
  EXPECT_ANY_THROW(pool.apply_async(fail, std::tuple(3L), {.error_callback = count}).get());
  EXPECT_EQ(called, 2);
  EXPECT_ANY_THROW(
      pool.apply_async(fail, std::tuple(3L), {.callback = [&](long) { ++called; }}).get());
  EXPECT_EQ(called, 2);
}

TYPED_TEST(CallbacksTest, ComeBeforeTheResultIsReady) {
  Event begun;
  Event go;
  TypeParam pool(1);
  const auto result = pool.apply_async(square, std::tuple(3L), {.callback = [&](long) {
                                         begun.set();
                                         go.wait();
                                       }});
  EXPECT_TRUE(begun.wait(long_enough));
  EXPECT_FALSE(result.wait(20ms));
  EXPECT_EQ(pool.apply(square, 5), 25);  // the pool works on
  go.set();
  EXPECT_EQ(result.get(long_enough), 9);
}

TYPED_TEST(CallbacksTest, ComeWhereNobodyAsksForTheResultAndAreWaitedForByJoin) {
  std::atomic<long> sum = 0;
  TypeParam pool(2);
  for (long n = 1; n <= 100; ++n)
    pool.apply_async(square, std::tuple(n), {.callback = [&](long squared) {
                       std::this_thread::sleep_for(1ms);
                       sum += squared;
                     }});
  pool.close();
  EXPECT_FALSE(pool.join(20ms));
  EXPECT_TRUE(pool.join(long_enough));
  EXPECT_EQ(sum, 338'350);
}

TYPED_TEST(CallbacksTest, ComeOneAfterTheOther) {
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  TypeParam pool(3);
  for (long n = 0; n < 50; ++n)
    pool.apply_async(square, std::tuple(n), {.callback = [&](long) {
                       most = std::max<int>(most, ++at_once);
                       std::this_thread::yield();
                       --at_once;
                     }});
  pool.close();
  EXPECT_TRUE(pool.join(long_enough));
  EXPECT_EQ(most, 1);
}

TYPED_TEST(CallbacksTest, MayMakeCalls) {
  std::vector<long> got;
  Event done;
  TypeParam pool(1);
  std::function<void(long)> again = [&](long n) {
    got.push_back(n);
    if (n < 1000)
      pool.apply_async(product, std::tuple(n, 10L), {.callback = again});
    else
      done.set();
  };
  pool.apply_async(square, std::tuple(1L), {.callback = again});
  EXPECT_TRUE(done.wait(long_enough));
  EXPECT_EQ(got, (std::vector<long>{1, 10, 100, 1000}));
}

TYPED_TEST(CallbacksTest, OfACallWithoutItemsComeToo) {
  std::atomic<int> called = 0;
  TypeParam pool(1);
  const auto result = pool.map_async(square, std::vector<long>{}, 0,
                                     {.callback = [&](const auto& all) { called += all.empty(); }});
  EXPECT_TRUE(result.get(long_enough).empty());
  EXPECT_EQ(called, 1);
}

TYPED_TEST(CallbacksTest, OfACallThatReturnsNothingGetNothing) {
  std::atomic<int> called = 0;
  TypeParam pool(1);
  pool.apply_async([](int) {}, std::tuple(1), {.callback = [&](Nothing) { ++called; }}).get();
  EXPECT_EQ(called, 1);
}

TYPED_TEST(CallbacksTest, ThatThrowArePrintedAndHurtNothing) {
  TypeParam pool(1);
  testing::internal::CaptureStderr();
  const auto result = pool.apply_async(
      square, std::tuple(3L), {.callback = [](long) { throw std::runtime_error("not mine"); }});
  EXPECT_EQ(result.get(long_enough), 9);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "parlab: a callback of a pool: not mine\n");
  EXPECT_EQ(pool.apply(square, 5), 25);
}

TYPED_TEST(CallbacksTest, GetTheFailureOfWhatThePoolsEndLeavesUndone) {
  static Event* gate;
  Event go;
  gate = &go;
  std::vector<std::string> failures;
  const auto keep = [&](const std::exception_ptr& why) { failures.push_back(message_of(why)); };
  {
    TypeParam pool(1);
    pool.apply_async([](int) { return gate->wait(200ms); }, std::tuple(1),
                     {.error_callback = keep});
    for (long n = 0; n < 3; ++n) pool.apply_async(square, std::tuple(n), {.error_callback = keep});
  }
  EXPECT_GE(failures.size(), 3U);
  for (const std::string& failure : failures)
    EXPECT_EQ(failure, "the pool was terminated before this was done");
}

TYPED_TEST(CallbacksTest, MayEndThePool) {
  std::thread([] {}).join();  // the thread sanitizer starts one of its own beside the first
  const std::ptrdiff_t before = threads();
  Event ended;
  auto pool = std::make_unique<TypeParam>(1);
  pool->apply_async(square, std::tuple(3L), {.callback = [&](long) {
                      pool.reset();
                      ended.set();
                    }});
  EXPECT_TRUE(ended.wait(long_enough));
  EXPECT_TRUE(eventually([&] { return threads() == before; })) << "its thread ends by itself";
}

TYPED_TEST(CallbacksTest, OfOneCallMayHaveOtherCallsResults) {
  TypeParam pool(2);
  std::atomic<long> sum = 0;
  pool.apply_async(square, std::tuple(3L),
                   {.callback = [&](long n) { sum = n + pool.apply(square, 4); }})
      .get(long_enough);
  EXPECT_EQ(sum, 25);
}

class PoolCallbacksTest : public SharingTest {};

TEST_F(PoolCallbacksTest, GetTheDeathOfAWorker) {
  std::vector<std::string> failures;
  Pool pool(1);
  const auto keep = [&](const std::exception_ptr& why) { failures.push_back(message_of(why)); };
  EXPECT_THROW(pool.apply_async([](int n) { return raise(n); }, std::tuple(SIGKILL),
                                {.error_callback = keep})
                   .get(long_enough),
               WorkerDied);
  EXPECT_THAT(failures, testing::ElementsAre(testing::HasSubstr("SIGKILL")));
}

TEST_F(PoolCallbacksTest, LetOtherProcessesBeStartedWhileNoneRuns) {
#ifdef PARLAB_ADDRESS_SANITIZER
  GTEST_SKIP() << "the sanitizer's malloc may be locked by the other thread at the fork";
#endif
  Pool pool(1);
  pool.apply_async(square, std::tuple(3L), {.callback = [](long) {}}).get(long_enough);
  Process process([] { return 5; });
  EXPECT_TRUE(eventually([&] {
    try {
      process.start();
      return true;
    } catch (const ForkRefused&) {  // the callback's thread does not sleep yet
      return false;
    }
  }));
  process.join();
  EXPECT_EQ(process.exitcode(), 5);
}

}  // namespace
}  // namespace parlab
