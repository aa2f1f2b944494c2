#include "kernels/sharing/manager/manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <mutex>
#include <thread>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/child_process.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Runs work in a forked child, and expects that it ends well.
template <class Work>
void in_child(const Work& work) {
  EXPECT_EQ(ChildProcess::fork([&] { work(); }).wait().describe(), "exit code 0");
}

void require(bool right) {
  if (!right) throw std::logic_error("wrong in the child");
}

TEST(Manager, KeepsValuesOfAnyKind) {
  const Manager manager;
  const ManagedValue value = manager.value(1);
  EXPECT_EQ(value.get(), 1);
  const ManagedData nested = {{"list", {1, 2.5, "three", nullptr}}, {"deep", {{"yes", true}}}};
  value.set(nested);
  EXPECT_EQ(value.get(), nested);
  value.set_bytes(std::string("\0raw\xff", 5));
  EXPECT_EQ(value.get_bytes(), std::string("\0raw\xff", 5));
}

TEST(Manager, KeepsListsAndArrays) {
  const Manager manager;
  const ManagedList list = manager.list({1, 2});
  list.append("three");
  list.extend({4, 5});
  EXPECT_EQ(list.all(), ManagedData({1, 2, "three", 4, 5}));
  EXPECT_EQ(list.get(-1), 5);
  EXPECT_EQ(list.pop(0), 1);
  EXPECT_EQ(list.size(), 4u);
  EXPECT_THROW(list.get(4), ManagerError);
  EXPECT_THROW(list.get(-5), ManagerError);

  const ManagedArray array = manager.array({0, 0, 0});
  array.set(2, 7);
  EXPECT_EQ(array.all(), ManagedData({0, 0, 7}));
  EXPECT_THROW(array.call("append", 1), ManagerError) << "an array keeps its size";
}

TEST(Manager, KeepsDictsAndNamespaces) {
  const Manager manager;
  const ManagedDict dict = manager.dict({{"a", 1}});
  dict.set("b", {1, 2});
  EXPECT_TRUE(dict.contains("b"));
  EXPECT_EQ(dict.pop("a"), 1);
  EXPECT_FALSE(dict.erase("a"));
  EXPECT_EQ(dict.all(), ManagedData({{"b", {1, 2}}}));
  EXPECT_THROW(dict.get("nothing"), ManagerError);
  const ManagedNamespace names = manager.name_space();
  names.set("pi", 3.25);
  EXPECT_EQ(names.get("pi"), 3.25);
}

TEST(Manager, ServesForkedProcessesAndTheirThreadsAtOnce) {
  const Manager manager;
  const ManagedCounter counter = manager.counter();
  const auto add = [&] {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 3; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) counter.add(1);
      });
  };
  std::vector<ChildProcess> children;
  for (int child = 0; child < 3; ++child) children.push_back(ChildProcess::fork(add));
  add();
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
  EXPECT_EQ(counter.get(), 4 * 3 * 200);
}

TEST(Manager, LockKeepsReadAndWriteTogether) {
  const Manager manager;
  const ManagedValue value = manager.value(0);
  const ManagedLock lock = manager.lock();
  const auto add = [&] {
    for (int i = 0; i < 100; ++i) {
      const std::scoped_lock held(lock);
      value.set(value.get().get<int>() + 1);
    }
  };
  std::vector<ChildProcess> children;
  for (int child = 0; child < 3; ++child) children.push_back(ChildProcess::fork(add));
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
  EXPECT_EQ(value.get(), 300);
}

TEST(Manager, LockTellsOfMisuse) {
  const Manager manager;
  const ManagedLock lock = manager.lock();
  EXPECT_THROW(lock.release(), ManagerError);
  EXPECT_EQ(lock.acquire(), Acquired::clean);
  EXPECT_THROW(lock.acquire(), ManagerError) << "it would wait for itself";
  std::jthread([&] {
    EXPECT_EQ(lock.acquire(0ms), Acquired::no);
    EXPECT_EQ(lock.acquire(20ms), Acquired::no);
    EXPECT_THROW(lock.release(), ManagerError) << "another thread's";
  }).join();
  lock.release();
  EXPECT_FALSE(lock.locked());
}

TEST(Manager, QueueIsFirstInFirstOutAndBounded) {
  const Manager manager;
  const ManagedQueue queue = manager.queue(2);
  EXPECT_TRUE(queue.put("a"));
  EXPECT_TRUE(queue.put("b"));
  EXPECT_FALSE(queue.put("c", 10ms)) << "full";
  EXPECT_EQ(queue.get(), "a");
  EXPECT_EQ(queue.get(), "b");
  EXPECT_EQ(queue.get(10ms), std::nullopt) << "empty";
  EXPECT_EQ(queue.get(0ms), std::nullopt);
}

TEST(Manager, QueueWakesWhoeverWaits) {
  const Manager manager;
  const ManagedQueue jobs = manager.queue();
  const ManagedQueue full = manager.queue(1);
  full.put(0);
  ChildProcess child = ChildProcess::fork([&] {
    require(jobs.get() == ManagedData(42));
    require(full.put(1));
  });
  jobs.put(42);
  EXPECT_EQ(full.get(), 0);
  EXPECT_EQ(full.get(), 1);
  EXPECT_TRUE(child.wait().success());
}

TEST(Manager, QueueTakesBatchesWhole) {
  const Manager manager;
  const ManagedQueue queue = manager.queue(3);
  EXPECT_TRUE(queue.put_many({"a", "", "c"}));
  EXPECT_FALSE(queue.put_many({"d"}, 0ms));
  EXPECT_THAT(queue.get_many(2), testing::ElementsAre("a", ""));
  EXPECT_FALSE(queue.put_many({"d", "e", "f"}, 0ms)) << "all or none";
  EXPECT_THAT(queue.get_many(10), testing::ElementsAre("c"));
  EXPECT_THAT(queue.get_many(10, 0ms), testing::IsEmpty());
  EXPECT_THROW(queue.put_many({"1", "2", "3", "4"}), ManagerError) << "it would wait for ever";
}

TEST(Manager, EventWakesAll) {
  const Manager manager;
  const ManagedEvent event = manager.event();
  EXPECT_FALSE(event.is_set());
  EXPECT_FALSE(event.wait(5ms));
  const ManagedCounter woken = manager.counter();
  std::vector<ChildProcess> children;
  for (int child = 0; child < 3; ++child)
    children.push_back(ChildProcess::fork([&] {
      require(event.wait());
      woken.add(1);
    }));
  event.set();
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
  EXPECT_EQ(woken.get(), 3);
  event.clear();
  EXPECT_FALSE(event.is_set());
}

TEST(Manager, CarriesLargeValues) {
  const Manager manager;
  const ManagedValue value = manager.value(nullptr);
  std::string large(8 << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>(i / 4096);
  value.set_bytes(large);
  EXPECT_EQ(value.get_bytes(), large);
}

TEST(Manager, RefusesMessagesBeyondTheLimitBeforeTheyAreSent) {
  ManagerOptions options;
  options.max_message_bytes = 1000;
  const Manager manager(std::move(options));
  const ManagedValue value = manager.value(1);
  EXPECT_THROW(value.set_bytes(std::string(1001, 'x')), ManagerError);
  EXPECT_EQ(value.get(), 1) << "the connection goes on";
}

struct Histogram {
  std::map<std::int64_t, int> counts;
};

TEST(Manager, KeepsObjectsOfARegisteredType) {
  ManagerOptions options;
  options.types.add<Histogram>(
      "Histogram", [](const ManagedData&) { return Histogram{}; },
      {{"add", [](Histogram& h, const ManagedData& x) { return ++h.counts[x.get<int>()]; }},
       {"of", [](Histogram& h, const ManagedData& x) { return h.counts.at(x.get<int>()); }}});
  const Manager manager(std::move(options));
  const ManagedObject histogram = manager.object("Histogram");
  in_child([&] { histogram.call("add", 7); });
  EXPECT_EQ(histogram.call("add", 7), 2);
  EXPECT_EQ(histogram.call("of", 7), 2);
  EXPECT_THROW(histogram.call("of", 8), ManagerError) << "what a method throws arrives";
  EXPECT_THROW(histogram.call("no such method"), ManagerError);
  EXPECT_EQ(histogram.call("of", 7), 2) << "and the manager lives";
  EXPECT_THROW(manager.object("Unheard of"), ManagerError);
}

TEST(Manager, FindsNamedObjectsFromAnotherClient) {
  const Manager manager;
  const ManagedQueue jobs = manager.queue(0, "jobs");
  const ManagerClient other = ManagerClient::connect(manager.address());
  const auto same = managed<ManagedQueue>(other, "Queue", {.initial = 0, .name = "jobs"});
  same.put(5);
  EXPECT_EQ(jobs.get(), 5);
  EXPECT_EQ(same.object(), jobs.object());
  EXPECT_THROW(managed<ManagedDict>(other, "dict", {.name = "jobs"}), ManagerError);
}

TEST(Manager, WorksOverTcpWithAKey) {
  const Manager manager({.address = "tcp:127.0.0.1:0", .key = "a key of some length"});
  const ManagedValue value = manager.value("over tcp");
  const ManagerClient other =
      ManagerClient::connect(manager.address(), {.key = "a key of some length"});
  EXPECT_EQ(ManagedValue(other.hold(value.object())).get(), "over tcp");
}

TEST(Manager, AnswersSpinningClients) {
  ManagerOptions options;
  options.spin = std::chrono::microseconds(50);
  const Manager manager(std::move(options));
  const ManagedCounter counter = manager.counter();
  for (int i = 0; i < 100; ++i) counter.add(2);
  EXPECT_EQ(counter.get(), 200);
  EXPECT_EQ(manager.queue().get(5ms), std::nullopt);
}

}  // namespace
}  // namespace parlab
