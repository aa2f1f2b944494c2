// What a manager's clients and the manager itself do to each other when they die or misbehave.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr char key[] = "a key of some length";

TEST(ManagerFaults, KilledManagerEndsEveryCallAtOnce) {
  Manager manager;
  const ManagedQueue queue = manager.queue();
  const ManagedLock lock = manager.lock();
  const ManagedEvent event = manager.event();
  std::atomic<int> told = 0;
  const auto expects_death = [&](const auto& call) {
    return std::jthread([&told, call] {
      try {
        call();
      } catch (const ManagerDied&) {
        ++told;
      }
    });
  };
  lock.acquire();
  {
    const std::jthread waits = expects_death([&] { queue.get(); });
    const std::jthread locks = expects_death([&] { lock.acquire(); });
    const std::jthread listens = expects_death([&] { event.wait(3600s); });
    ASSERT_TRUE(eventually([&] { return state(manager.client(), "waiting") == 3; }));
    kill(manager.pid(), SIGKILL);
  }
  EXPECT_EQ(told, 3);
  EXPECT_THROW(queue.size(), ManagerDied);
  EXPECT_THROW(queue.size(), ManagerDied) << "and again, when it cannot even connect";
  EXPECT_THROW(manager.value(1), ManagerDied);
}

TEST(ManagerFaults, ShutDownManagerLeavesNoSocketAndCannotBeReached) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("parlab-test-" + std::to_string(getpid()));
  Manager manager({.address = "unix:" + path});
  const ManagedValue value = manager.value(1);
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
  EXPECT_THROW(Manager({.address = "unix:" + path}), UsageError) << "taken";
  manager.shutdown();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THROW(value.get(), ManagerDied);
}

TEST(ManagerFaults, LockOfAKilledClientIsFreeAndTheNextHolderIsTold) {
  const Manager manager;
  const ManagedLock lock = manager.lock();
  ChildProcess child = ChildProcess::fork([&] {
    lock.acquire();
    for (;;) pause();
  });
  ASSERT_TRUE(eventually([&] { return lock.locked(); }));
  EXPECT_EQ(lock.acquire(0ms), Acquired::no);
  child.signal(SIGKILL);
  EXPECT_EQ(lock.acquire(), Acquired::abandoned);
  lock.release();
  EXPECT_EQ(lock.acquire(), Acquired::clean) << "told once";
}

TEST(ManagerFaults, LockOfAThreadThatEndsIsFree) {
  const Manager manager;
  const ManagedLock lock = manager.lock();
  std::jthread([&] { lock.acquire(); }).join();
  EXPECT_EQ(lock.acquire(), Acquired::abandoned);
}

TEST(ManagerFaults, ObjectsOfAKilledClientAreDropped) {
  const Manager manager;
  const int before = state(manager.client(), "objects");
  ChildProcess child = ChildProcess::fork([&] {
    std::vector<ManagedValue> values;
    for (int i = 0; i < 10; ++i) values.push_back(manager.value(i));
    for (;;) pause();
  });
  ASSERT_TRUE(eventually([&] { return state(manager.client(), "objects") == before + 10; }));
  child.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return state(manager.client(), "objects") == before; }));
  EXPECT_EQ(state(manager.client(), "sessions"), 1);
}

TEST(ManagerFaults, ObjectsGoWithTheirLastProxyInAnyProcess) {
  const Manager manager;
  std::optional<ManagedValue> value = manager.value("kept");
  const ManagedQueue ready = manager.queue();
  const ManagedQueue go_on = manager.queue();
  ChildProcess child = ChildProcess::fork([&] {
    ready.put(1);  // its first call: from now on it holds what it inherited
    go_on.get();
    if (value->get() != "kept") throw std::logic_error("dropped with the parent's proxy");
  });
  ready.get();
  const std::uint64_t object = value->object();
  value.reset();
  EXPECT_EQ(state(manager.client(), "objects"), 3);
  go_on.put(1);
  EXPECT_TRUE(child.wait().success());
  EXPECT_TRUE(eventually([&] { return state(manager.client(), "objects") == 2; }));
  EXPECT_THROW(manager.client().hold(object), ManagerError);
}

TEST(ManagerFaults, ItemForAKilledReaderStaysInTheQueue) {
  const Manager manager;
  const ManagedQueue queue = manager.queue();
  ChildProcess child = ChildProcess::fork([&] { queue.get(); });
  ASSERT_TRUE(eventually([&] { return state(manager.client(), "waiting") == 1; }));
  child.signal(SIGKILL);
  child.wait();
  queue.put("for whoever lives");
  EXPECT_EQ(queue.get(), "for whoever lives");
}

TEST(ManagerFaults, ClientOfAStoppedManagerIsNotHeldForEver) {
  const Manager manager;
  // On a busy machine an impatient client may fail at any call: then it tries again.
  std::optional<ManagedQueue> queue;
  ASSERT_TRUE(eventually([&] {
    try {
      const ManagerClient client = ManagerClient::connect(manager.address(), {.patience = 100ms});
      queue = managed<ManagedQueue>(client, "Queue", {.initial = 0});
      return true;
    } catch (const ManagerError&) {
      return false;
    }
  }));
  kill(manager.pid(), SIGSTOP);
  EXPECT_THROW(queue->get(10ms), ManagerDied);
  kill(manager.pid(), SIGCONT);
  manager.client().ping("");
  // On a new connection, since the old one is out of step: what would come there is the old answer.
  EXPECT_TRUE(eventually([&] {
    try {
      return queue->put("sent") && queue->get(0ms) == ManagedData("sent");
    } catch (const ManagerError&) {
      return false;
    }
  }));
}

TEST(ManagerFaults, AddressThatNobodyListensAtIsNamed) {
  try {
    ManagerClient::connect("unix:@parlab-nobody-listens-here");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("parlab-nobody-listens-here"));
  }
  EXPECT_THROW(ManagerClient::connect("tcp:127.0.0.1:1", {.key = key}), UsageError);
  for (const char* bad : {"", "unix:", "tcp:host", "tcp::80", "tcp:host:port", "tcp:host:65536",
                          "/a/path", "http://host:80"})
    EXPECT_THROW(ManagerClient::connect(bad), UsageError) << bad;
  EXPECT_THROW(Manager({.address = "tcp:127.0.0.1:0"}), UsageError) << "tcp needs a key";
  EXPECT_THROW(Manager({.key = "short"}), UsageError);
}

TEST(ManagerFaults, WrongKeyIsRefusedAndTheManagerLives) {
  if (!keys_supported()) GTEST_SKIP() << "built without OpenSSL";
  const Manager manager({.address = "tcp:127.0.0.1:0", .key = key});
  const ManagedValue value = manager.value(1);
  EXPECT_THROW(ManagerClient::connect(manager.address(), {.key = "another key of length"}),
               ManagerError);
  EXPECT_THROW(ManagerClient::connect(manager.address()), UsageError) << "none given";
  EXPECT_EQ(value.get(), 1);
}

TEST(ManagerFaults, WrongKeysAreAnsweredAtABoundedRate) {
  if (!keys_supported()) GTEST_SKIP() << "built without OpenSSL";
  const Manager manager({.address = "tcp:127.0.0.1:0", .key = key});
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i)
    EXPECT_THROW(ManagerClient::connect(manager.address(), {.key = "another key of length"}),
                 ManagerError);
  // Ten at once, then one each tenth of a second. A slow machine only takes longer.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 800ms);
  EXPECT_EQ(manager.value(1).get(), 1);
}

TEST(ManagerFaults, ClientThatSendsGarbageIsDropped) {
  const Manager manager;
  const ManagedValue value = manager.value(1);
  const auto sent = [&](const std::string& bytes) {
    FileDescriptor socket = trusted_socket(manager);
    send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return is_dropped(socket);
  };
  EXPECT_TRUE(sent(std::string(64, '\xff'))) << "a size beyond the limit";
  const FrameSize just_beyond = (256ULL << 20) + 1;
  EXPECT_TRUE(sent(std::string(raw_bytes(just_beyond)) + "abc"));
  FileDescriptor stranger = ManagerAddress::parse(manager.address()).connect();
  const std::string noise(sizeof(GreetingResponse), 'x');
  send(stranger.get(), noise.data(), noise.size(), MSG_NOSIGNAL);
  Greeting greeting{};
  recv(stranger.get(), &greeting, sizeof greeting, MSG_WAITALL);
  EXPECT_TRUE(is_dropped(stranger)) << "a wrong answer to the greeting";
  EXPECT_EQ(value.get(), 1);
}

TEST(ManagerFaults, ValueTooDeepOrTornIsAnErrorOfItsCaller) {
  const Manager manager;
  const ManagedList list = manager.list();
  EXPECT_THROW(manager.client().call(list.object(), "append", std::string(1 << 20, '\x81')),
               ManagerError)
      << "a million arrays in each other";
  EXPECT_THROW(manager.client().call(list.object(), "append", "\x9b\xff"), ManagerError);
  EXPECT_THROW(manager.client().call(list.object(), "append", ""), ManagerError);
  EXPECT_EQ(list.size(), 0u);
}

TEST(ManagerFaults, ManagerEndsWithTheProcessThatStartedIt) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ChildProcess owner = ChildProcess::fork([&] {
    const Manager manager;
    const pid_t pid = manager.pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) return;
    for (;;) pause();
  });
  pid_t pid = 0;
  ASSERT_EQ(read(ends[0], &pid, sizeof pid), ssize_t{sizeof pid});
  owner.signal(SIGKILL);
  owner.wait();
  // Gone, or a zombie that nobody reaps: its command line is empty.
  EXPECT_TRUE(eventually([&] {
    std::error_code error;
    const std::string place = "/proc/" + std::to_string(pid) + "/exe";
    return std::filesystem::read_symlink(place, error).empty();
  }));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace parlab
