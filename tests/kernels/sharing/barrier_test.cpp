// Semaphore, BoundedSemaphore, Barrier.

#include <signal.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

#include "kernels/sharing/condition.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/raw_value.hpp"
#include "kernels/sharing/sharing_errors.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class BarrierTest : public SharingTest {};

/// A party's exit code: 1 where the barrier breaks while it waits, 0 where all come.
int sent_away(Barrier& barrier) {
  try {
    barrier.wait();
  } catch (const BrokenBarrier&) {
    return 1;
  }
  return 0;
}

TEST_F(BarrierTest, ASemaphoreAdmitsAsManyAsItHasUnits) {
  Semaphore semaphore(2);
  RawValue<int> inside(0);
  RawValue<int> most(0);
  std::vector<Process> workers;
  for (int i = 0; i < 5; ++i)
    workers.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        semaphore.acquire();
        const int now = inside.fetch_add(1) + 1;
        if (now > most.load()) most.store(now);
        inside.fetch_add(-1);
        semaphore.release();
      }
    });
  for (Process& worker : workers) worker.start();
  for (Process& worker : workers) EXPECT_TRUE(worker.join(long_enough));
  EXPECT_LE(most.load(), 2);
  EXPECT_EQ(semaphore.value(), 2u);
  EXPECT_TRUE(semaphore.acquire(0s));
  EXPECT_TRUE(semaphore.acquire(0s));
  EXPECT_FALSE(semaphore.acquire(5ms));
  semaphore.release(2);
}

TEST_F(BarrierTest, ABarrierOpensWhenAllHaveCome) {
  constexpr int parties = 4;
  Barrier barrier(parties);
  RawValue<int> wrong(0);
  RawValue<int> arrivals(0);
  RawArray<int> places(parties);
  std::vector<Process> workers;
  for (int i = 0; i < parties; ++i)
    workers.emplace_back([&] {
      for (int round = 1; round <= 50; ++round) {
        arrivals.fetch_add(1);
        const std::uint32_t place = barrier.wait(long_enough);
        if (arrivals.load() < round * parties) wrong.fetch_add(1);
        if (round == 50) places[place] = 1;
        barrier.wait(long_enough);
      }
    });
  for (Process& worker : workers) worker.start();
  for (Process& worker : workers) {
    EXPECT_TRUE(worker.join(long_enough));
    EXPECT_EQ(worker.exitcode(), 0);
  }
  EXPECT_EQ(wrong.load(), 0);
  for (const int taken : places) EXPECT_EQ(taken, 1);
  EXPECT_THROW(Barrier(0), std::invalid_argument);
}

TEST_F(BarrierTest, ABarrierBreaksWhereAPartyDoesNotCome) {
  Barrier barrier(3);
  Process other([&] { return sent_away(barrier); });
  other.start();
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  EXPECT_THROW(barrier.wait(5ms), BrokenBarrier);  // the third was killed, say
  EXPECT_TRUE(other.join(long_enough));
  EXPECT_EQ(other.exitcode(), 1);
  EXPECT_TRUE(barrier.broken());
  EXPECT_THROW(barrier.wait(), BrokenBarrier);
  barrier.reset();
  EXPECT_FALSE(barrier.broken());
  EXPECT_EQ(barrier.waiting(), 0u);
}

TEST_F(BarrierTest, AResetOfABarrierSendsWaitersAway) {
  Barrier barrier(2);
  Process other([&] { return sent_away(barrier); });
  other.start();
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  barrier.reset();
  EXPECT_TRUE(other.join(long_enough));
  EXPECT_EQ(other.exitcode(), 1);
  EXPECT_FALSE(barrier.broken());
}

TEST_F(BarrierTest, ABoundedSemaphoreRefusesAReleaseTooMany) {
  BoundedSemaphore semaphore(2);
  EXPECT_THROW(semaphore.release(), std::logic_error);
  semaphore.acquire();
  EXPECT_THROW(semaphore.release(2), std::logic_error);
  EXPECT_EQ(semaphore.value(), 1U);
  Process other([&] {
    semaphore.release();  // that of the parent: units have no owner
    try {
      semaphore.release();
    } catch (const std::logic_error&) {
      return 7;
    }
    return 0;
  });
  other.start();
  other.join();
  EXPECT_EQ(other.exitcode(), 7);
  EXPECT_EQ(semaphore.value(), 2U);
}

TEST_F(BarrierTest, ABarriersActionIsCalledOnceARoundBeforeAnyGoesOn) {
  constexpr int parties = 4;
  RawValue<int> arrivals(0);
  RawValue<int> actions(0);
  RawValue<int> wrong(0);
  Barrier barrier(parties, [&] {
    if (arrivals.load() % parties != 0) wrong.fetch_add(1);
    actions.fetch_add(1);
  });
  std::vector<Process> workers;
  for (int i = 0; i < parties; ++i)
    workers.emplace_back([&] {
      for (int round = 1; round <= 40; ++round) {
        arrivals.fetch_add(1);
        barrier.wait(long_enough);
        if (actions.load() != 2 * round - 1) wrong.fetch_add(1);
        barrier.wait(long_enough);  // nobody arrives again before all have looked
      }
    });
  for (Process& worker : workers) worker.start();
  for (Process& worker : workers) {
    EXPECT_TRUE(worker.join(long_enough));
    EXPECT_EQ(worker.exitcode(), 0);
  }
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(actions.load(), 80);
}

TEST_F(BarrierTest, ABarrierBreaksWhereItsActionThrows) {
  RawValue<bool> throws(true);
  RawValue<int> actions(0);
  Barrier barrier(2, [&] {
    actions.fetch_add(1);
    if (throws.load()) throw std::runtime_error("no such table");
  });
  Process other([&] { return sent_away(barrier); });
  other.start();
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  try {
    barrier.wait();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "no such table");
  }
  EXPECT_TRUE(other.join(long_enough));
  EXPECT_EQ(other.exitcode(), 1);
  EXPECT_TRUE(barrier.broken());
  EXPECT_THROW(barrier.wait(), BrokenBarrier);
  barrier.reset();
  throws.store(false);
  Process again([&] { return sent_away(barrier); });
  again.start();
  barrier.wait(long_enough);
  EXPECT_TRUE(again.join(long_enough));
  EXPECT_EQ(again.exitcode(), 0);
  EXPECT_EQ(actions.load(), 2);
}

TEST_F(BarrierTest, ABarrierBreaksWhereItsActionsProcessIsKilled) {
  RawValue<int> acting(0);
  Barrier barrier(3, [&] {
    acting.store(getpid());
    pause();
  });
  std::vector<Process> parties;
  for (int i = 0; i < 3; ++i) parties.emplace_back([&] { return sent_away(barrier); });
  for (Process& party : parties) party.start();
  ASSERT_TRUE(eventually([&] { return acting.load() != 0; }));
  kill(acting.load(), SIGKILL);
  for (Process& party : parties) {
    EXPECT_TRUE(party.join(long_enough));
    EXPECT_EQ(party.exitcode(), party.pid() == acting.load() ? -SIGKILL : 1);
  }
  EXPECT_TRUE(barrier.broken());
  barrier.reset();
  EXPECT_FALSE(barrier.broken());
  EXPECT_EQ(barrier.waiting(), 0U);
}

TEST_F(BarrierTest, ABarriersActionThatUsesItIsRefused) {
  for (const auto& use : std::vector<void (*)(Barrier&)>{
           [](Barrier& barrier) { barrier.wait(); }, [](Barrier& barrier) { barrier.abort(); },
           [](Barrier& barrier) { barrier.reset(); }}) {
    Barrier* itself = nullptr;
    Barrier barrier(1, [&] { use(*itself); });
    itself = &barrier;
    EXPECT_THROW(barrier.wait(), std::logic_error);
    EXPECT_TRUE(barrier.broken());
  }
}

TEST_F(BarrierTest, ADeadlineThatPassesInABarriersActionBreaksNothing) {
  Barrier barrier(2, [] { usleep(1'500'000); });
  Process other([&] {
    try {
      barrier.wait(1s);
    } catch (const BrokenBarrier&) {
      return 1;
    }
    return 0;
  });
  other.start();
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  EXPECT_NO_THROW(barrier.wait());
  EXPECT_TRUE(other.join(long_enough));
  EXPECT_EQ(other.exitcode(), 0);
}

}  // namespace
}  // namespace parlab
