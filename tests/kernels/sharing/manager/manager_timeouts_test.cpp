// How long a call may wait: any duration there is, from a client of ours or in bytes from any.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;
using Seconds = std::chrono::duration<double>;

const std::vector<Deadline> not_at_all() {
  return {0ms,
          -1ms,
          -5ms,
          -1h,
          std::chrono::milliseconds::min(),
          Seconds(-1e300),
          Seconds(-std::numeric_limits<double>::infinity())};
}
const std::vector<Deadline> as_good_as_never() {
  return {24000h, std::chrono::milliseconds::max(), std::chrono::hours::max(), Seconds(1e300),
          Seconds(std::numeric_limits<double>::infinity())};
}

class ManagerTimeoutsTest : public ManagerTest {
 protected:
  /// Nobody waited for the manager's silence (10 s) instead.
  void TearDown() override {
    EXPECT_LT(Deadline::Clock::now() - began_, 9s);
    ManagerTest::TearDown();
  }

 private:
  const Deadline::Clock::time_point began_ = Deadline::Clock::now();
};

TEST_F(ManagerTimeoutsTest, OfZeroAndBelowDoNotWait) {
  const ManagedQueue empty = manager().queue();
  const ManagedQueue full = manager().queue(1);
  const ManagedEvent event = manager().event();
  const ManagedLock lock = manager().lock();
  full.put(0);
  std::jthread holder([&](const std::stop_token& stop) {
    const std::scoped_lock hold(lock);
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
  });
  ASSERT_TRUE(eventually([&] { return lock.locked(); }));
  for (std::size_t i = 0; i < not_at_all().size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(empty.get(not_at_all()[i]), std::nullopt);
    EXPECT_EQ(empty.get_bytes(not_at_all()[i]), std::nullopt);
    EXPECT_THAT(empty.get_many(3, not_at_all()[i]), testing::IsEmpty());
    EXPECT_FALSE(full.put(1, not_at_all()[i]));
    EXPECT_FALSE(full.put_bytes("1", not_at_all()[i]));
    EXPECT_FALSE(full.put_many({"1"}, not_at_all()[i]));
    EXPECT_FALSE(event.wait(not_at_all()[i]));
    EXPECT_EQ(lock.acquire(not_at_all()[i]), Acquired::no);
    EXPECT_EQ(empty.try_call("get", nullptr, not_at_all()[i]), std::nullopt);
  }
  EXPECT_FALSE(lock.try_lock());
  EXPECT_EQ(full.get(-1ms), 0) << "what is there is got without a wait";
  holder.request_stop();
  holder.join();
  EXPECT_EQ(lock.acquire(-1ms), Acquired::clean);
}

TEST_F(ManagerTimeoutsTest, LeaveTheLocksThatTheThreadHolds) {
  const ManagedQueue queue = manager().queue();
  const ManagedLock lock = manager().lock();
  const std::scoped_lock hold(lock);
  for (const Deadline& wait : not_at_all()) EXPECT_EQ(queue.get(wait), std::nullopt);
  EXPECT_EQ(queue.get(1us), std::nullopt);
  std::jthread([&] { EXPECT_EQ(lock.acquire(0ms), Acquired::no) << "freed by an odd timeout"; });
}

TEST_F(ManagerTimeoutsTest, BeyondAllTimeWaitForWhatComes) {
  const ManagedQueue queue = manager().queue();
  for (std::size_t i = 0; i < as_good_as_never().size(); ++i) {
    SCOPED_TRACE(i);
    ChildProcess child = ChildProcess::fork([&] {
      if (queue.get(as_good_as_never()[i]) != ManagedData(i)) throw std::logic_error("another");
    });
    ASSERT_TRUE(calls_wait(manager(), 1));
    queue.put(i);
    EXPECT_TRUE(child.wait().success());
  }
}

TEST_F(ManagerTimeoutsTest, PassNoSoonerThanTheySay) {
  const ManagedQueue queue = manager().queue();
  for (const Seconds wait : {Seconds(0.0005), Seconds(0.03), Seconds(0.1004)}) {
    const auto began = Deadline::Clock::now();
    EXPECT_EQ(queue.get(wait), std::nullopt);
    EXPECT_GE(Deadline::Clock::now() - began, wait);
  }
}

TEST_F(ManagerTimeoutsTest, ThatAreNoNumberAreRefused) {
  const Seconds nan(std::nan(""));
  EXPECT_THROW(manager().queue().get(nan), std::invalid_argument);
  EXPECT_THROW(manager().lock().acquire(nan), std::invalid_argument);
  EXPECT_THROW(manager().event().wait(nan), std::invalid_argument);
}

TEST_F(ManagerTimeoutsTest, OddPatienceAndSpinAreTakenAsTheyAre) {
  for (const auto patience : {std::chrono::milliseconds::max(), 10'000ms})
    for (const auto spin : {std::chrono::microseconds::min(), -1us, 0us}) {
      const ManagerClient client =
          ManagerClient::connect(manager().address(), {.spin = spin, .patience = patience});
      const auto queue = managed<ManagedQueue>(client, "Queue", {.initial = 0});
      EXPECT_EQ(queue.get(-1ms), std::nullopt);
      EXPECT_EQ(queue.get(10ms), std::nullopt);
    }
}

// Whatever number a client sends for a timeout, it gets a reply, and the lock that it holds stays.
TEST_F(ManagerTimeoutsTest, OfAnyNumberOnTheWireGetAReply) {
  const ManagedLock lock = manager().lock();
  const ManagedQueue queue = manager().queue();
  const RawClient client(manager());
  ASSERT_EQ(client.call(lock.object(), "acquire", "", 0).status, CallStatus::done);
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t timeout : {std::int64_t{0}, std::int64_t{-2}, std::int64_t{-5000}, least})
    EXPECT_EQ(client.call(queue.object(), "get", "", timeout).status, CallStatus::timed_out)
        << timeout;
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t timeout : {std::int64_t{-1}, std::int64_t{1} << 40, most}) {
    std::jthread puts([&] {
      EXPECT_TRUE(calls_wait(manager(), 1));
      queue.put_bytes("item");
    });
    EXPECT_EQ(client.call(queue.object(), "get", "", timeout).bytes, "item") << timeout;
  }
  EXPECT_EQ(lock.acquire(0ms), Acquired::no);
  EXPECT_EQ(client.call(lock.object(), "release", "", 0).status, CallStatus::done);
}

TEST_F(ManagerTimeoutsTest, MalformedRequestsAreAnsweredAndTheirClientKept) {
  const ManagedLock lock = manager().lock();
  const RawClient client(manager());
  ASSERT_EQ(client.call(lock.object(), "acquire", "", 0).status, CallStatus::done);
  const auto refused = [&](const RawClient::Reply& reply) {
    return reply.came && reply.status == CallStatus::failed && !reply.bytes.empty();
  };
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(refused(client.send_frame("")));
  EXPECT_TRUE(refused(client.send_frame("abc"))) << "shorter than a head";
  for (const std::uint64_t method_size : {std::uint64_t{1}, std::uint64_t{1000}, most})
    EXPECT_TRUE(refused(client.send_frame(raw_bytes(RequestHead{0, -1, method_size}))));
  for (const std::uint64_t object : {std::uint64_t{12345}, most})
    EXPECT_TRUE(refused(client.call(object, "get", "", 0)));
  EXPECT_TRUE(refused(client.call(lock.object(), std::string(1000, '\0'), "", 0)));
  EXPECT_TRUE(refused(client.call(lock.object(), "", "", 0)));
  EXPECT_TRUE(refused(client.call(0, "make", "\xff", 0)));
  EXPECT_TRUE(refused(client.call(0, "hold", to_bytes("text"), 0)));
  EXPECT_EQ(lock.acquire(0ms), Acquired::no) << "its lock stays its own";
  EXPECT_EQ(client.call(lock.object(), "release", "", 0).status, CallStatus::done);
}

// A large request would otherwise wait for room in the socket, past any deadline.
TEST_F(ManagerTimeoutsTest, HoldForARequestThatAStoppedManagerDoesNotTake) {
  const ManagerClient client = ManagerClient::connect(manager().address(), {.patience = 200ms});
  const auto queue = managed<ManagedQueue>(client, "Queue", {.initial = 0});
  kill(manager().pid(), SIGSTOP);
  EXPECT_THROW(queue.put_bytes(std::string(16 << 20, 'x'), 10ms), ManagerDied);
  kill(manager().pid(), SIGCONT);
  EXPECT_TRUE(manager().queue().put("lives"));
}

}  // namespace
}  // namespace parlab
