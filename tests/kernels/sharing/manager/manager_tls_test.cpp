// Managers under TLS: what works in clear works there, and who is not meant to take part does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/redis/redis_server.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"
#include "tests/kernels/sharing/manager/relay.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char key[] = "a key of some length";
constexpr char other_key[] = "another key of length";

/// The text of what connecting throws, which must be an Error; "" where it throws nothing.
template <class Error>
std::string why_refused(const std::string& address, const ClientOptions& options) {
  try {
    ManagerClient::connect(address, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class ManagerTls : public SharingTest {
 protected:
  void SetUp() override {
    if (!keys_supported()) GTEST_SKIP() << "built without OpenSSL";
    SharingTest::SetUp();
  }
  void TearDown() override {
    if (keys_supported()) SharingTest::TearDown();
  }
  static ManagerOptions secured() { return {.address = "tls:127.0.0.1:0", .key = key}; }
  static ManagerClient client_of(const Manager& manager) {
    return ManagerClient::connect(manager.address(), {.key = key});
  }
};

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  return bytes;
}

// A record has 16 KiB: sizes around one and several, and what does not fit a socket's buffer.
TEST_F(ManagerTls, CarriesMessagesOfAnySizeBitForBit) {
  const Manager manager(secured());
  const ManagedValue value = manager.value(nullptr);
  const ManagerClient other = client_of(manager);
  const ManagedValue same(other.hold(value.object()));
  unsigned seed = 0;
  for (const std::size_t size : {0, 1, 900, 1100, 16300, 16380, 16384, 16385, 32700, 32768, 100'000,
                                 (1 << 20) + 7, 40 << 20}) {
    const std::string bytes = random_bytes(size, ++seed);
    value.set_bytes(bytes);
    EXPECT_TRUE(same.get_bytes() == bytes) << size;
    EXPECT_TRUE(other.ping(bytes) == bytes) << size;
  }
}

TEST_F(ManagerTls, CarriesNumbersBitForBit) {
  const Manager manager(secured());
  const ManagedQueue queue = manager.queue();
  const std::vector<double> numbers = {0.1,      -0.0,    1e-320, std::nextafter(1.0, 2.0),
                                       HUGE_VAL, 1 / 3.0, -1e308};
  ChildProcess child = ChildProcess::fork([&] {
    for (const double number : numbers) queue.put(number);
  });
  for (const double number : numbers) {
    const auto got = queue.get()->get<double>();
    EXPECT_EQ(got, number);
    EXPECT_EQ(std::signbit(got), std::signbit(number));
  }
  EXPECT_TRUE(child.wait().success());
}

TEST_F(ManagerTls, ServesProcessesAndTheirThreads) {
  for (const auto spin : {0, 50}) {
    ManagerOptions options = secured();
    options.spin = std::chrono::microseconds(spin);
    const Manager manager(options);
    const ManagedCounter counter = manager.counter();
    const ManagedValue value = manager.value(0);
    const ManagedLock lock = manager.lock();
    const auto add = [&] {
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 2; ++thread)
        threads.emplace_back([&] {
          for (int i = 0; i < 50; ++i) {
            counter.add(1);
            const std::scoped_lock held(lock);
            value.set(value.get().get<int>() + 1);
          }
        });
    };
    std::vector<ChildProcess> children;
    for (int child = 0; child < 2; ++child) children.push_back(ChildProcess::fork(add));
    add();
    for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
    EXPECT_EQ(counter.get(), 300);
    EXPECT_EQ(value.get(), 300);
  }
}

TEST_F(ManagerTls, ManyCallsThatWaitAreWoken) {
  const Manager manager(secured());
  const ManagedQueue queue = manager.queue(2);
  std::atomic<int> sum = 0;
  {
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 4; ++reader)
      readers.emplace_back([&] {
        for (int i = 0; i < 20; ++i) sum += queue.get()->get<int>();
      });
    for (int i = 0; i < 80; ++i) EXPECT_TRUE(queue.put(i));
  }
  EXPECT_EQ(sum, 80 * 79 / 2);
  EXPECT_EQ(queue.get(5ms), std::nullopt);
}

TEST_F(ManagerTls, AWrongKeyIsRefusedInOneSentenceAndTheManagerLives) {
  const Manager manager(secured());
  const ManagedValue value = manager.value(1);
  const ManagedLock lock = manager.lock();
  lock.acquire();
  EXPECT_THAT(why_refused<ManagerError>(manager.address(), {.key = other_key}),
              AllOf(HasSubstr(manager.address()), HasSubstr("a wrong key")));
  EXPECT_THAT(why_refused<UsageError>(manager.address(), {}), HasSubstr("asks for a key"));
  EXPECT_EQ(value.get(), 1);
  EXPECT_TRUE(lock.locked());
  EXPECT_EQ(state(manager.client(), "sessions"), 1);
}

TEST_F(ManagerTls, WrongKeysAreAnsweredAtABoundedRate) {
  const Manager manager(secured());
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i)
    EXPECT_NE(why_refused<ManagerError>(manager.address(), {.key = other_key}), "");
  // Ten at once, then one each tenth of a second. A slow machine only takes longer.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 800ms);
  EXPECT_EQ(client_of(manager).ping("right"), "right");
}

TEST_F(ManagerTls, OneSideInClearIsToldSo) {
  const Manager in_clear({.address = "tcp:127.0.0.1:0", .key = key});
  const std::string tls = "tls" + in_clear.address().substr(3);
  EXPECT_THAT(why_refused<UsageError>(tls, {.key = key}),
              AllOf(HasSubstr(tls), HasSubstr("does not speak TLS")));
  EXPECT_EQ(in_clear.value(1).get(), 1);

  const Manager under_tls(secured());
  const std::string tcp = "tcp" + under_tls.address().substr(3);
  EXPECT_THAT(why_refused<ManagerDied>(tcp, {.key = key, .patience = 200ms}),
              AllOf(HasSubstr(tcp), HasSubstr("write tls:")));
  EXPECT_EQ(under_tls.value(1).get(), 1);
}

// Any server on the way could show some certificate, and pass all on to the manager.
TEST(ManagerTlsTrust, ACertificateIsNoKey) {
  if (const std::string why = RedisServer::why_not_secured(); !why.empty()) GTEST_SKIP() << why;
  const RedisServer server("127.0.0.1");
  const std::string place = "tls:" + server.place().substr(std::string("rediss://").size());
  EXPECT_NE(why_refused<ManagerError>(place, {.key = key}), "");
}

TEST_F(ManagerTls, NothingIsInClearBeyondThisMachine) {
  for (const char* address : {"tcp:0.0.0.0:0", "tcp:192.0.2.1:7000", "tcp:128.0.0.1:0"}) {
    try {
      const Manager manager({.address = address, .key = key});
      ADD_FAILURE() << address;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr(address), HasSubstr("in clear"),
                                      HasSubstr("tls" + std::string(address).substr(3))));
    }
    // Without a packet sent: 192.0.2.0/24 is nobody's, and would take until the patience's end.
    EXPECT_THAT(why_refused<UsageError>(address, {.key = key, .patience = 1h}),
                HasSubstr("in clear"));
  }
  for (const char* address : {"tcp:127.0.0.1:0", "tcp:127.77.0.9:0", "tcp:localhost:0"}) {
    const Manager manager({.address = address, .key = key});
    EXPECT_EQ(manager.value(address).get(), address);
  }
}

TEST_F(ManagerTls, AKeyIsNeeded) {
  EXPECT_THROW(Manager({.address = "tls:127.0.0.1:0"}), UsageError);
  EXPECT_THROW(Manager({.address = "tls:127.0.0.1:0", .key = "short"}), UsageError);
  for (const char* bad : {"tls:", "tls:host", "tls::80", "tls:host:port", "tls:host:65536"})
    EXPECT_NE(why_refused<UsageError>(bad, {.key = key}), "") << bad;
}

TEST_F(ManagerTls, WhoListensOnTheWayReadsNothing) {
  const Manager manager(secured());
  Relay relay(manager.address());
  const std::string secret = "what nobody else may read, at some length";
  {
    const ManagerClient client = ManagerClient::connect(relay.address(), {.key = key});
    const auto value = managed<ManagedValue>(client, "Value", {.initial = secret});
    EXPECT_EQ(value.get(), secret);
  }
  const std::string seen = relay.seen();
  EXPECT_GT(seen.size(), 2 * secret.size());
  EXPECT_THAT(seen, AllOf(Not(HasSubstr(secret)), Not(HasSubstr(key)), Not(HasSubstr("Value"))));

  // In clear it is all there: the relay does look.
  const Manager in_clear({.address = "tcp:127.0.0.1:0", .key = key});
  Relay clear_relay(in_clear.address());
  EXPECT_EQ(ManagerClient::connect(clear_relay.address(), {.key = key}).ping(secret), secret);
  EXPECT_THAT(clear_relay.seen(), HasSubstr(secret));
}

TEST_F(ManagerTls, WhoChangesABitOnTheWayBreaksTheConnection) {
  const Manager manager(secured());
  const ManagedLock lock = manager.lock();
  for (const Relay::Way way : {Relay::Way::to_server, Relay::Way::to_client}) {
    Relay relay(manager.address());
    const ManagerClient client = ManagerClient::connect(relay.address(), {.key = key});
    const ManagedLock same(client.hold(lock.object()));
    same.acquire();
    relay.flip_next_bit(way);
    EXPECT_THROW(client.ping("hello"), ManagerDied);
    // Its locks are free, and who takes them next is told.
    EXPECT_EQ(lock.acquire(), Acquired::abandoned);
    lock.release();
    EXPECT_EQ(client.ping("again"), "again") << "on a new connection";
  }
}

TEST_F(ManagerTls, AConnectionThatIsCutAmidAMessageEndsTheCall) {
  const Manager manager(secured());
  const ManagedQueue queue = manager.queue();
  for (const std::size_t after : {1, 100, 20'000, 3'000'000}) {
    Relay relay(manager.address());
    const ManagerClient client = ManagerClient::connect(relay.address(), {.key = key});
    const ManagedQueue same(client.hold(queue.object()));
    same.put_many({"one"});
    relay.cut_after(after);
    EXPECT_THROW(same.put_many({std::string(4 << 20, 'x')}), ManagerDied) << after;
    EXPECT_EQ(queue.size(), 1u) << "neither a part of it, nor less";
    EXPECT_EQ(queue.get_many(2).size(), 1u);
  }
}

TEST_F(ManagerTls, WhatWasRecordedCannotBePlayedAgain) {
  const Manager manager(secured());
  const ManagedCounter counter = manager.counter();
  Relay relay(manager.address());
  {
    const ManagerClient client = ManagerClient::connect(relay.address(), {.key = key});
    ManagedCounter(client.hold(counter.object())).add(1);
  }
  const FileDescriptor thief = ManagerAddress::parse("tcp" + manager.address().substr(3)).connect();
  const std::string bytes = relay.seen(Relay::Way::to_server);
  send(thief.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  char byte = 0;
  while (recv(thief.get(), &byte, 1, 0) > 0) {
  }
  EXPECT_EQ(counter.get(), 1);
}

TEST_F(ManagerTls, GarbageAndSilenceHarmNobody) {
  const Manager manager(secured());
  const std::string place = "tcp" + manager.address().substr(3);
  std::vector<FileDescriptor> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(ManagerAddress::parse(place).connect());
  unsigned seed = 0;
  for (const std::size_t size : {1, 5, 6, 300, 20'000}) {
    const FileDescriptor stranger = ManagerAddress::parse(place).connect();
    const std::string noise = random_bytes(size, ++seed);
    send(stranger.get(), noise.data(), noise.size(), MSG_NOSIGNAL);
  }
  EXPECT_EQ(client_of(manager).ping("hello"), "hello");
  EXPECT_EQ(manager.value(1).get(), 1);
}

TEST_F(ManagerTls, AKilledManagerEndsEveryCall) {
  Manager manager(secured());
  const ManagedQueue queue = manager.queue();
  std::atomic<int> told = 0;
  {
    std::vector<std::jthread> waiting;
    for (int i = 0; i < 3; ++i)
      waiting.emplace_back([&] {
        try {
          queue.get();
        } catch (const ManagerDied&) {
          ++told;
        }
      });
    ASSERT_TRUE(calls_wait(manager, 3));
    kill(manager.pid(), SIGKILL);
  }
  EXPECT_EQ(told, 3);
  EXPECT_THROW(queue.size(), ManagerDied);
  EXPECT_THROW(manager.value(1), ManagerDied);
}

TEST_F(ManagerTls, AStoppedManagerIsGivenUp) {
  const Manager manager(secured());
  kill(manager.pid(), SIGSTOP);
  EXPECT_NE(why_refused<ManagerDied>(manager.address(), {.key = key, .patience = 50ms}), "");
  kill(manager.pid(), SIGCONT);
  EXPECT_EQ(client_of(manager).ping("hello"), "hello");
}

TEST_F(ManagerTls, AKilledClientLeavesNothingTaken) {
  const Manager manager(secured());
  const ManagedLock lock = manager.lock();
  const ManagedQueue queue = manager.queue();
  ChildProcess holder = ChildProcess::fork([&] {
    lock.acquire();
    for (;;) pause();
  });
  ChildProcess reader = ChildProcess::fork([&] { queue.get(); });
  ASSERT_TRUE(eventually([&] { return lock.locked(); }));
  ASSERT_TRUE(calls_wait(manager, 1));
  holder.signal(SIGKILL);
  reader.signal(SIGKILL);
  EXPECT_EQ(lock.acquire(), Acquired::abandoned);
  reader.wait();
  queue.put("for whoever lives");
  EXPECT_EQ(queue.get(), "for whoever lives");
  EXPECT_TRUE(eventually([&] { return state(manager.client(), "sessions") == 1; }));
}

}  // namespace
}  // namespace parlab
