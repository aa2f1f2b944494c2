// What every wait does with a timeout that is negative, infinite, huge or not a number, and with
// arguments that their types cannot hold.

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "kernels/sharing/condition.hpp"
#include "kernels/sharing/connection.hpp"
#include "kernels/sharing/file_lock.hpp"
#include "kernels/sharing/joinable_queue.hpp"
#include "kernels/sharing/lock.hpp"
#include "kernels/sharing/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/queue.hpp"
#include "kernels/sharing/sharing_errors.hpp"
#include "kernels/sharing/spsc_ring.hpp"
#include "kernels/sharing/value.hpp"
#include "kernels/sharing/wait.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Seconds = std::chrono::duration<double>;

class TimeoutsTest : public SharingTest {};

/// Waits for what does not come; each says whether it came.
using Waits = std::map<std::string, std::function<bool(Seconds)>>;

bool times_out(const std::function<void()>& wait) {
  try {
    wait();
  } catch (const TimedOut&) {
    return false;
  } catch (const BrokenBarrier&) {
    return false;
  }
  return true;
}

template <class Result>
Waits waits_of(const std::string& pool, const AsyncResult<Result>& stuck, auto& results) {
  return {
      {pool + "'s AsyncResult::wait", [&](Seconds t) { return stuck.wait(t); }},
      {pool + "'s AsyncResult::get", [&](Seconds t) { return times_out([&] { stuck.get(t); }); }},
      {pool + "'s ImapResult::next",
       [&](Seconds t) { return times_out([&] { results.next(t); }); }}};
}

/// Calls test(waits) where all that they wait for is held by another thread or process.
void with_waits(const std::function<void(const Waits&)>& test) {
  Process process([] { pause(); }, {.daemon = true});
  process.start();
  static Event* gate;  // before the pool, whose workers must have it
  Event go;
  gate = &go;
  Pool processes(1);
  const std::vector<int> one = {1};
  const auto wait_there = [](int) { return gate->wait(long_enough); };
  const auto stuck = processes.apply_async(wait_there, 1);
  auto results = processes.imap(wait_there, one);
  const std::string path = testing::TempDir() + "timeouts-" + std::to_string(getpid());
  {
    std::pair<Connection, Connection> ends = make_pipe();
    const Connection& here = ends.first;  // clang 14 captures no structured binding
    Queue<int> empty(1);
    Queue<std::string> empty_of_messages(1);
    Queue<int> full(1);
    full.put(1);
    JoinableQueue<int> undone(1);
    undone.put(1);
    Lock lock;
    RLock recursive;
    Condition condition;
    Event event;
    Semaphore semaphore(0);
    BoundedSemaphore bounded(1);
    bounded.acquire();
    FileLock file(path);
    FileLock same_file(path);
    same_file.acquire();
    ThreadPool threads(1);
    const auto stuck_thread = threads.apply_async(wait_there, 1);
    auto thread_results = threads.imap(wait_there, one);
    ThreadPool closed(1);
    closed.apply_async(wait_there, 1);
    closed.close();
    Event held;
    Event done;
    std::thread holder([&] {
      lock.acquire();
      recursive.acquire();
      held.set();
      done.wait();
      lock.release();
      recursive.release();
    });
    held.wait();
    Waits waits = {
        {"Process::join", [&](Seconds t) { return process.join(t); }},
        {"wait", [&](Seconds t) { return !wait({process.sentinel()}, t).empty(); }},
        {"Connection::poll", [&](Seconds t) { return here.poll(t); }},
        {"Queue::get", [&](Seconds t) { return times_out([&] { empty.get(t); }); }},
        {"Queue::try_get", [&](Seconds t) { return empty.try_get(t).has_value(); }},
        {"Queue::get of messages",
         [&](Seconds t) { return times_out([&] { empty_of_messages.get(t); }); }},
        {"Queue::put", [&](Seconds t) { return times_out([&] { full.put(2, t); }); }},
        {"Queue::try_put", [&](Seconds t) { return full.try_put(2, t); }},
        {"JoinableQueue::try_put", [&](Seconds t) { return undone.try_put(2, t); }},
        {"JoinableQueue::join", [&](Seconds t) { return undone.join(t); }},
        {"Lock::acquire", [&](Seconds t) { return lock.acquire(t); }},
        {"RLock::acquire", [&](Seconds t) { return recursive.acquire(t); }},
        {"Condition::acquire",
         [&](Seconds t) { return condition.acquire(t) && (condition.release(), false); }},
        {"Condition::wait",
         [&](Seconds t) {
           const std::lock_guard hold(condition.lock());
           return condition.wait(t);
         }},
        {"Condition::wait_for",
         [&](Seconds t) {
           const std::lock_guard hold(condition.lock());
           return condition.wait_for([] { return false; }, t);
         }},
        {"Event::wait", [&](Seconds t) { return event.wait(t); }},
        {"Semaphore::acquire", [&](Seconds t) { return semaphore.acquire(t); }},
        {"BoundedSemaphore::acquire", [&](Seconds t) { return bounded.acquire(t); }},
        {"Barrier::wait", [&](Seconds t) { return times_out([&] { Barrier(2).wait(t); }); }},
        {"FileLock::acquire", [&](Seconds t) { return file.acquire(t); }},
        {"ThreadPool::join", [&](Seconds t) { return closed.join(t); }},
    };
    waits.merge(waits_of("Pool", stuck, results));
    waits.merge(waits_of("ThreadPool", stuck_thread, thread_results));
    EXPECT_NO_THROW(test(waits));
    done.set();
    holder.join();
    go.set();
  }
  unlink(path.c_str());
}

TEST_F(TimeoutsTest, NegativeOnesAreZero) {
  with_waits([](const Waits& waits) {
    for (const auto& [name, wait] : waits)
      for (const double seconds : {-1e-3, -5.0, -1e300, -std::numeric_limits<double>::infinity()}) {
        const auto before = std::chrono::steady_clock::now();
        EXPECT_FALSE(wait(Seconds(seconds))) << name;
        EXPECT_LT(std::chrono::steady_clock::now() - before, 5s) << name;
      }
  });
  Lock lock;
  EXPECT_TRUE(lock.acquire(std::chrono::milliseconds::min()));
  EXPECT_FALSE(Event().wait(std::chrono::hours::min()));
}

TEST_F(TimeoutsTest, OnesThatAreNoNumberAreRefused) {
  with_waits([](const Waits& waits) {
    for (const auto& [name, wait] : waits)
      for (const double seconds : {std::nan(""), -std::nan("")})
        EXPECT_THROW(wait(Seconds(seconds)), std::invalid_argument) << name;
  });
  EXPECT_THROW(Deadline(std::chrono::duration<float>(std::nanf(""))), std::invalid_argument);
  EXPECT_THROW((Deadline(std::chrono::duration<long double, std::nano>(std::nanl("")))),
               std::invalid_argument);
}

TEST_F(TimeoutsTest, InfiniteAndHugeOnesNeverPass) {
  const Deadline deadlines[] = {Seconds(std::numeric_limits<double>::infinity()),
                                Seconds(1e300),
                                std::chrono::hours::max(),
                                std::chrono::nanoseconds::max(),
                                std::chrono::seconds::max(),
                                std::chrono::duration<float>(std::numeric_limits<float>::max())};
  for (const Deadline& deadline : deadlines) {
    EXPECT_FALSE(deadline.passed());
    Queue<int> queue(1);
    std::thread later([&] {
      std::this_thread::sleep_for(20ms);
      queue.put(7);
    });
    EXPECT_EQ(queue.get(deadline), 7);
    later.join();
  }
}

TEST_F(TimeoutsTest, TinyOnesPass) {
  Event event;
  EXPECT_FALSE(event.wait(Seconds(std::numeric_limits<double>::denorm_min())));
  EXPECT_FALSE(event.wait(std::chrono::nanoseconds(1)));
}

TEST_F(TimeoutsTest, WaitRefusesWhatIsNoDescriptor) {
  auto [here, there] = make_pipe();
  EXPECT_THROW(wait({-1}, 10s), std::invalid_argument);
  EXPECT_THROW(wait({here.fileno(), -2}, 10s), std::invalid_argument);
  EXPECT_THROW(wait({std::numeric_limits<int>::min()}), std::invalid_argument);
  EXPECT_THROW(wait({}), std::invalid_argument);  // nothing would ever come
  EXPECT_TRUE(wait({}, 1ms).empty());
  const int closed = there.fileno();
  there.close();
  EXPECT_THROW(wait({closed}, 10s), std::system_error);
}

/// That each refuses what its type cannot hold, and is as it was.
TEST_F(TimeoutsTest, NumbersThatDoNotFitAreRefused) {
  RawValue<std::uint8_t> small(7);
  EXPECT_THROW(small.store(256), std::invalid_argument);
  EXPECT_THROW(small.store(-1), std::invalid_argument);
  EXPECT_THROW(small.fetch_add(1000L), std::invalid_argument);
  EXPECT_THROW(small.fetch_sub(-1), std::invalid_argument);
  EXPECT_EQ(small.load(), 7);
  small.store(std::uint64_t{255});
  EXPECT_EQ(small.fetch_sub(250), 255);
  EXPECT_EQ(small.load(), 5);
  EXPECT_THROW(RawValue<std::uint64_t>(-1), std::invalid_argument);
  EXPECT_THROW(RawValue<std::int32_t>(std::int64_t{1} << 31), std::invalid_argument);
  RawValue<bool> flag(false);
  EXPECT_THROW(flag.store(2), std::invalid_argument);
  flag.store(1);
  EXPECT_TRUE(flag.load());
  RawValue<double> real(1);
  EXPECT_THROW(real.store((std::int64_t{1} << 53) + 1), std::invalid_argument);
  real.store(std::int64_t{1} << 53);
  RawValue<float> single(0.1);  // rounds, as a float does
  EXPECT_THROW(single.store(1e300), std::invalid_argument);
  single.store(std::numeric_limits<double>::infinity());
  EXPECT_THROW(Value<int>(std::int64_t{1} << 40), std::invalid_argument);
  Value<unsigned> value(3);
  EXPECT_THROW(value.set(-3), std::invalid_argument);
  EXPECT_EQ(value.get(), 3U);
  Queue<std::uint16_t> queue(2);
  EXPECT_THROW(queue.put(70'000), std::invalid_argument);
  EXPECT_THROW(queue.try_put(-1), std::invalid_argument);
  JoinableQueue<std::int8_t> joinable(2);
  EXPECT_THROW(joinable.put(128), std::invalid_argument);
  EXPECT_TRUE(joinable.join(0s));
  SimpleQueue<char> simple;
  EXPECT_THROW(simple.put(1000), std::invalid_argument);
  SpscRing<short> ring(2);
  EXPECT_THROW(ring.try_put(40'000), std::invalid_argument);
  EXPECT_TRUE(queue.empty() && simple.empty() && ring.size() == 0);
}

TEST_F(TimeoutsTest, CountsThatAreNegativeOrTooLargeAreRefused) {
  EXPECT_THROW(Queue<int>(-1), std::invalid_argument);
  EXPECT_THROW(Queue<std::string>(10, -1), std::invalid_argument);
  EXPECT_THROW(RawArray<int>(-1), std::invalid_argument);
  EXPECT_THROW(Array<int>(-1), std::invalid_argument);
  EXPECT_THROW(SpscRing<int>(-1), std::invalid_argument);
  EXPECT_THROW(Semaphore(-1), std::invalid_argument);
  EXPECT_THROW(Barrier(-1), std::invalid_argument);
  EXPECT_THROW(Pool(std::int64_t{1} << 32 | 1), std::invalid_argument);
  EXPECT_THROW(ThreadPool(-1), std::invalid_argument);
  for (const std::size_t count : {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 63,
                                  std::size_t{1} << 62, std::size_t{1} << 61}) {
    EXPECT_THROW(Queue<std::uint64_t> queue(count), OutOfRoom) << count;
    EXPECT_THROW(Queue<std::string> queue(count), OutOfRoom) << count;
    EXPECT_THROW(RawArray<std::uint64_t> array(count), OutOfRoom) << count;
    EXPECT_THROW(SpscRing<std::uint64_t> ring(count), OutOfRoom) << count;
  }
  ThreadPool pool(1);
  EXPECT_THROW(pool.map([](int n) { return n; }, std::vector<int>{1}, -1), std::invalid_argument);
  Semaphore semaphore(1);
  EXPECT_THROW(semaphore.release(-1), std::invalid_argument);
  EXPECT_THROW(semaphore.release(std::numeric_limits<std::uint32_t>::max()), std::logic_error);
  EXPECT_EQ(semaphore.value(), 1U);
  Condition condition;
  EXPECT_THROW(condition.notify(-1), std::invalid_argument);
}

}  // namespace
}  // namespace parlab
