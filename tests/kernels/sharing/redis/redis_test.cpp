#include "kernels/sharing/redis/redis.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <limits>
#include <optional>
#include <string>
#include <thread>

#include "kernels/sharing/redis/redis_server.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Seconds = std::chrono::duration<double>;

class RedisTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis_supported() || RedisServer::program().empty())
      GTEST_SKIP() << "no redis-server, or built without hiredis";
    alarm(110);
    server_.emplace();
  }
  void TearDown() override { alarm(0); }
  Redis client(std::chrono::milliseconds timeout = 60s) const {
    return Redis({.place = server_->place(), .timeout = timeout});
  }
  std::optional<RedisServer> server_;
};

// Redis itself takes 0 as without end, and refuses what is below.
TEST_F(RedisTest, APopOfZeroAndBelowDoesNotWait) {
  const Redis redis = client();
  const auto began = Deadline::Clock::now();
  for (const Deadline& wait : {Deadline(0s), Deadline(-1ms), Deadline(-1h),
                               Deadline(Seconds(-1e300)), Deadline(std::chrono::seconds::min())}) {
    EXPECT_EQ(redis.pop("list", wait), std::nullopt);
    redis.push("list", "item");
    EXPECT_EQ(redis.pop("list", wait), "item");
  }
  EXPECT_LT(Deadline::Clock::now() - began, 30s);
}

TEST_F(RedisTest, APopWaitsForFractionsOfASecond) {
  const Redis redis = client();
  for (const Seconds wait : {Seconds(0.0004), Seconds(0.05), Seconds(1.001)}) {
    const auto began = Deadline::Clock::now();
    EXPECT_EQ(redis.pop("list", wait), std::nullopt);
    EXPECT_GE(Deadline::Clock::now() - began, wait);
  }
}

TEST_F(RedisTest, APopWithoutEndWaitsForWhatComes) {
  for (const Deadline& wait : {Deadline(), Deadline(std::chrono::seconds::max()),
                               Deadline(Seconds(std::numeric_limits<double>::infinity()))}) {
    const std::jthread pushes([&] {
      std::this_thread::sleep_for(20ms);
      client().push("list", "item");
    });
    EXPECT_EQ(client().pop("list", wait), "item");
  }
}

TEST_F(RedisTest, OddTimeoutsStillEndACommand) {
  client(std::chrono::milliseconds::max()).ping();
  kill(server_->pid(), SIGSTOP);
  for (const auto timeout : {0ms, -1ms, std::chrono::milliseconds::min()})
    EXPECT_THROW(client(timeout).ping(), RedisError);
  kill(server_->pid(), SIGCONT);
}

TEST_F(RedisTest, APortThatIsNoneIsNamed) {
  for (const char* port : {"0", "65536", "99999999999999999999", "-1", "80x", "x", "", "1.5"}) try {
      Redis({.place = std::string("localhost:") + port}).ping();
      ADD_FAILURE() << port;
    } catch (const RedisError& error) {
      EXPECT_NE(std::string(error.what()).find("65535"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace parlab
