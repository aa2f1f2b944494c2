// Redis under TLS: the same answers as in clear; and who is not to be trusted, or not trusted, is told so.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/process/program.hpp"
#include "kernels/sharing/hosts/own_certificate.hpp"
#include "kernels/sharing/redis/redis_server.hpp"
#include "kernels/sharing/stop_flags.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SecuredRedisTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = RedisServer::why_not_secured(); !why.empty()) GTEST_SKIP() << why;
    alarm(110);
    server_.emplace("127.0.0.1");
    address_ = server_->address();
    address_.timeout = 60s;
  }
  void TearDown() override { alarm(0); }

  /// What a ping of the address throws.
  static std::string why_refused(const RedisAddress& address) {
    try {
      Redis(address).ping();
    } catch (const RedisError& error) {
      return error.what();
    }
    return "";
  }

  std::optional<RedisServer> server_;
  RedisAddress address_;
};

TEST_F(SecuredRedisTest, AnswersAsInClearBitForBit) {
  const RedisServer clear_server;
  const Redis in_clear(clear_server.address());
  const Redis secured(address_);
  std::mt19937 random(3);
  for (const std::size_t size : {0, 1, 900, 16'383, 16'384, 16'385, 70'000, 5 << 20}) {
    std::string bytes(size, '\0');
    std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
    for (const Redis* redis : {&in_clear, &secured}) {
      redis->set("bytes", bytes);
      redis->push("list", bytes);
    }
    EXPECT_TRUE(secured.get("bytes") == bytes) << size;
    EXPECT_TRUE(secured.get("bytes") == in_clear.get("bytes")) << size;
    EXPECT_TRUE(secured.pop("list") == in_clear.pop("list")) << size;
  }
  for (const Redis* redis : {&in_clear, &secured}) {
    EXPECT_EQ(redis->get("none"), std::nullopt);
    EXPECT_EQ(redis->increment("count"), 1);
    EXPECT_EQ(redis->increment("count"), 2);
    EXPECT_EQ(redis->get("count"), "2");
    EXPECT_THROW(redis->push("count", "not a list"), RedisError);
    EXPECT_EQ(redis->increment("count"), 3) << "a refusal does not break the connection";
    redis->remove("count");
    EXPECT_EQ(redis->get("count"), std::nullopt);
    for (const Deadline& wait : {Deadline(0s), Deadline(-1ms), Deadline(30ms)})
      EXPECT_EQ(redis->pop("list", wait), std::nullopt);
  }
}

TEST_F(SecuredRedisTest, ServesProcessesAndThreads) {
  const auto count = [&] {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 2; ++thread)
      threads.emplace_back([&] {
        const Redis redis(address_);
        for (int i = 0; i < 50; ++i) redis.increment("count");
      });
  };
  Redis(address_).ping();  // a connection that the children must not speak on
  std::vector<ChildProcess> children;
  for (int child = 0; child < 2; ++child) children.push_back(ChildProcess::fork(count));
  count();
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
  EXPECT_EQ(Redis(address_).get("count"), "300");
}

TEST_F(SecuredRedisTest, APopIsWokenByAPush) {
  const std::jthread pushes([&] {
    std::this_thread::sleep_for(20ms);
    Redis(address_).push("list", "item");
  });
  EXPECT_EQ(Redis(address_).pop("list"), "item");
}

TEST_F(SecuredRedisTest, HasAFlag) {
  RedisFlag flag(address_, "flag");
  flag.clear();
  EXPECT_FALSE(flag.is_set());
  ChildProcess child = ChildProcess::fork([&] { flag.set(); });
  EXPECT_TRUE(child.wait().success());
  EXPECT_TRUE(flag.is_set());
}

TEST_F(SecuredRedisTest, AServerThatIsNotKnownIsNotTrusted) {
  RedisAddress stranger = address_;
  stranger.authorities.clear();  // the system knows nothing of it
  EXPECT_THAT(why_refused(stranger), AllOf(HasSubstr(address_.place), HasSubstr("certificate")));

  const RedisServer other("127.0.0.1");
  stranger.authorities = other.address().authorities;
  EXPECT_THAT(why_refused(stranger), HasSubstr("certificate"));

  stranger = address_;  // the right certificate, of another machine
  stranger.place.replace(stranger.place.find("127.0.0.1"), 9, "localhost");
  EXPECT_THAT(why_refused(stranger), HasSubstr("certificate is not for localhost"));

  for (const char* file : {"/nonexistent.pem", "/dev/null", "/proc/self/status"}) {
    stranger = address_;
    stranger.authorities = file;
    EXPECT_THAT(why_refused(stranger), AllOf(HasSubstr(file), HasSubstr("PEM")));
  }
  EXPECT_EQ(why_refused(address_), "");
}

TEST_F(SecuredRedisTest, AWrongPasswordIsRefusedAndNotTold) {
  RedisAddress wrong = address_;
  for (const char* password : {"", "a wrong one"}) {
    wrong.password = password;
    EXPECT_THAT(why_refused(wrong),
                AllOf(HasSubstr(address_.place), Not(HasSubstr("a wrong one"))));
  }
  wrong.place.replace(wrong.place.find("127"), 0, "user:secret@");
  EXPECT_THAT(why_refused(wrong), AllOf(HasSubstr("password"), Not(HasSubstr("secret"))));
  EXPECT_EQ(why_refused(address_), "");
  // Nor is it among the words of the server, which anybody may read.
  std::ifstream words("/proc/" + std::to_string(server_->pid()) + "/cmdline");
  const std::string line{std::istreambuf_iterator<char>(words), {}};
  EXPECT_THAT(line, AllOf(HasSubstr("redis"), Not(HasSubstr(address_.password))));
}

TEST_F(SecuredRedisTest, NothingIsInClearBeyondThisMachine) {
  for (const char* place : {"192.0.2.1:6379", "0.0.0.0:6379"})
    EXPECT_THAT(why_refused({.place = place, .timeout = 1h}),
                AllOf(HasSubstr("in clear"), HasSubstr("write rediss://" + std::string(place))));
  // In clear to a port of TLS: an error in time.
  EXPECT_NE(why_refused({.place = address_.place.substr(9), .timeout = 200ms}), "");
}

TEST_F(SecuredRedisTest, AServerInClearIsToldSo) {
  const FileDescriptor nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
  // Its port is that of another server, which has ended.
  const std::string port = address_.place.substr(address_.place.rfind(':') + 1);
  server_.reset();
  const ChildProcess in_clear =
      start_program({.words = {RedisServer::program(), "--port", port, "--bind", "127.0.0.1",
                               "--save", "", "--dir", testing::TempDir()},
                     .streams = {nowhere.get(), nowhere.get(), nowhere.get()}});
  const RedisServer authority("127.0.0.1");
  const RedisAddress address = {.place = "rediss://127.0.0.1:" + port,
                                .timeout = 2s,
                                .authorities = authority.address().authorities};
  EXPECT_TRUE(eventually([&] { return why_refused({.place = "127.0.0.1:" + port}).empty(); }));
  EXPECT_NE(why_refused(address), "");
}

TEST_F(SecuredRedisTest, AKilledServerIsAnErrorAndLeavesNothing) {
  const fs::path folder = fs::path(address_.authorities).parent_path();
  EXPECT_EQ(fs::status(folder / "key.pem").permissions() & fs::perms::others_all, fs::perms::none);
  const Redis redis(address_);
  redis.set("key", "value");
  server_->process().signal(SIGKILL);
  EXPECT_THROW(
      {
        for (int i = 0; i < 1000; ++i) redis.get("key");
      },
      RedisError);
  EXPECT_THROW(redis.get("key"), RedisError);
  server_.reset();
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(SecuredRedisTest, AStoppedServerIsAnErrorInTime) {
  RedisAddress impatient = address_;
  impatient.timeout = 50ms;
  const Redis patient(address_);
  patient.set("key", "before");
  server_->process().signal(SIGSTOP);
  EXPECT_THROW(Redis(impatient).get("key"), RedisError);
  EXPECT_THROW(Redis(impatient).get("key"), RedisError);
  server_->process().signal(SIGCONT);
  EXPECT_EQ(patient.get("key"), "before");
}

}  // namespace
}  // namespace parlab
