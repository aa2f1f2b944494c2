#include "kernels/sharing/stop_flags.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <type_traits>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/redis/redis_server.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;

bool redis_here() { return redis_supported() && !RedisServer::program().empty(); }

/// What every flag does, and what those do that processes share.
template <class Flag>
void expect_a_flag(Flag& flag, bool crosses_processes) {
  EXPECT_FALSE(flag.is_set());
  flag.set();
  flag.set();
  EXPECT_TRUE(flag.is_set());
  flag.clear();
  EXPECT_FALSE(flag.is_set());
  EXPECT_TRUE(ChildProcess::fork([&] {
                if (flag.is_set()) throw std::logic_error("set before it was");
                flag.set();
              })
                  .wait()
                  .success());
  EXPECT_EQ(flag.is_set(), crosses_processes);
}

TEST(Flags, AtomicOneIsSeenByThreadsOnly) {
  AtomicFlag flag;
  expect_a_flag(flag, false);
}

TEST(Flags, SharedMemoryOnesAreSeenByProcesses) {
  RawValueFlag raw;
  expect_a_flag(raw, true);
  MmapFlag mapped;
  expect_a_flag(mapped, true);
}

TEST(Flags, ManagersIsSeenByProcesses) {
  const Manager manager;
  ManagerFlag flag(manager);
  expect_a_flag(flag, true);
}

TEST(Flags, RedisOneIsSeenByProcesses) {
  if (!redis_here()) GTEST_SKIP() << "no redis-server, or built without hiredis";
  const RedisServer server;
  RedisFlag flag({.place = server.place()}, "flag");
  flag.clear();
  expect_a_flag(flag, true);
}

class RedisFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis_here()) GTEST_SKIP() << "no redis-server, or built without hiredis";
    server_.emplace();
    address_ = {.place = server_->place(), .timeout = 10'000ms};
  }

  std::optional<RedisServer> server_;
  RedisAddress address_;
};

TEST_F(RedisFaults, PrivateServerServesAndLeavesNothing) {
  const std::filesystem::path folder = std::filesystem::path(server_->place()).parent_path();
  const Redis redis(address_);
  EXPECT_EQ(redis.get("count"), std::nullopt);
  EXPECT_EQ(redis.increment("count"), 1);
  EXPECT_EQ(redis.increment("count"), 2);
  EXPECT_EQ(redis.get("count"), "2");
  redis.set("bytes", std::string("\0\n\xff", 3));
  EXPECT_EQ(redis.get("bytes"), std::string("\0\n\xff", 3));
  redis.push("list", "a");
  redis.push("list", "b");
  EXPECT_EQ(redis.pop("list", std::chrono::seconds(1)), "a");
  EXPECT_EQ(redis.pop("list", std::chrono::seconds(1)), "b");
  EXPECT_EQ(redis.pop("list", std::chrono::seconds(1)), std::nullopt);
  EXPECT_THROW(redis.push("count", "not a list"), RedisError);
  EXPECT_EQ(redis.increment("count"), 3) << "a refusal does not break the connection";
  const pid_t pid = server_->pid();
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_NE(kill(pid, 0), 0) << "ended and reaped";
}

TEST_F(RedisFaults, KilledServerIsAnErrorAndNoSignal) {
  RedisFlag flag(address_, "flag");
  flag.clear();
  server_->process().signal(SIGKILL);
  EXPECT_THROW(
      {
        for (int i = 0; i < 1000; ++i) flag.is_set();  // the socket may outlive it a moment
      },
      RedisError);
  EXPECT_THROW(flag.set(), RedisError) << "and again, when nobody listens";
}

TEST_F(RedisFaults, StoppedServerIsAnErrorWithinTheTimeout) {
  const Redis patient(address_);
  const Redis impatient({.place = address_.place, .timeout = 50ms});
  patient.set("key", "before");
  server_->process().signal(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(impatient.get("key"), RedisError) << "a connection is accepted, but not answered";
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 40ms) << "it was waited for";
  EXPECT_THROW(impatient.get("key"), RedisError);
  server_->process().signal(SIGCONT);
  EXPECT_EQ(patient.get("key"), "before") << "a connection that was not asked meanwhile is whole";
}

TEST_F(RedisFaults, ServerThatAnswersLateDoesNotAnswerTheNextCommand) {
  const Redis patient(address_);
  patient.set("a", "1");
  patient.set("b", "2");
  server_->process().signal(SIGSTOP);
  const Redis impatient({.place = address_.place, .timeout = 100ms});
  EXPECT_THROW(impatient.get("a"), RedisError);
  server_->process().signal(SIGCONT);
  std::optional<std::string> b;
  for (int attempt = 0; attempt < 500 && !b; ++attempt) {
    try {
      b = impatient.get("b");
    } catch (const RedisError&) {  // still waking up
    }
  }
  EXPECT_EQ(b, "2");
}

TEST_F(RedisFaults, LocalFlagGoesOnWhereThatIsChosen) {
  RedisFlag flag(address_, "flag", RedisFlag::WhenGone::keep_local);
  flag.clear();
  EXPECT_FALSE(flag.is_local());
  server_->process().signal(SIGKILL);
  for (int i = 0; i < 1000 && !flag.is_local(); ++i) EXPECT_FALSE(flag.is_set());
  EXPECT_TRUE(flag.is_local());
  EXPECT_TRUE(ChildProcess::fork([&] { flag.set(); }).wait().success());
  EXPECT_TRUE(flag.is_set()) << "by another process";
}

TEST_F(RedisFaults, AbsentServerIsNamed) {
  try {
    Redis({.place = "/nonexistent/redis.sock"}).ping();
    FAIL();
  } catch (const RedisError& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/redis.sock"), std::string::npos);
  }
  EXPECT_THROW(Redis({.place = "127.0.0.1:1"}).ping(), RedisError);
  EXPECT_THROW(Redis({.place = "127.0.0.1:no-port"}).ping(), RedisError);
}

TEST_F(RedisFaults, FolderOfAKilledOwnerIsSwept) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ChildProcess owner = ChildProcess::fork([&] {
    const RedisServer own;
    const std::string place = own.place();
    if (write(ends[1], place.data(), place.size()) < 0) return;
    for (;;) pause();
  });
  std::string place(4096, '\0');
  const ssize_t size = read(ends[0], place.data(), place.size());
  ASSERT_GT(size, 0);
  place.resize(static_cast<std::size_t>(size));
  const std::filesystem::path folder = std::filesystem::path(place).parent_path();
  EXPECT_TRUE(std::filesystem::exists(folder));
  sweep_redis_folders();
  EXPECT_TRUE(std::filesystem::exists(folder)) << "its owner lives";
  owner.signal(SIGKILL);
  owner.wait();
  sweep_redis_folders();
  EXPECT_FALSE(std::filesystem::exists(folder));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace parlab
