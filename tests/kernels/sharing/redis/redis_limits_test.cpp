// Redis where paths are longer than a socket's may be, and folders are missing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>

#include "kernels/base/errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/redis/redis.hpp"
#include "kernels/sharing/redis/redis_server.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RedisLimits : public testing::Test {
 protected:
  RedisLimits() : folder_(fs::path(testing::TempDir()) / ("redis-" + std::to_string(getpid()))) {}
  ~RedisLimits() override {
    set("TMPDIR", before_);
    fs::remove_all(folder_);
  }
  void SetUp() override {
    if (!redis_supported() || RedisServer::program().empty())
      GTEST_SKIP() << "no redis-server, or built without hiredis";
    if (const char* temporary = getenv("TMPDIR")) before_ = temporary;  // NOLINT: one thread
  }
  static void set(const char* name, const std::optional<std::string>& value) {
    value ? setenv(name, value->c_str(), 1) : unsetenv(name);  // NOLINT: one thread
  }
  /// A folder whose path has that many bytes.
  std::string folder_of(std::size_t bytes) const {
    std::string path = folder_;
    while (path.size() + 2 < bytes)
      path += "/" + std::string(std::min<std::size_t>(bytes - path.size() - 1, 200), 'x');
    fs::create_directories(path);
    return path;
  }
  const fs::path folder_;
  std::optional<std::string> before_;
};

TEST_F(RedisLimits, AServerHasAShortFolderWhereTheTemporaryOneIsTooLong) {
  for (const std::size_t bytes : {40, 60, 62, 64, 66, 68, 70, 80, 107, 108, 300}) {
    const std::string temporary = folder_of(bytes);
    set("TMPDIR", temporary);
    std::string place;
    {
      const RedisServer server;
      place = server.place();
      EXPECT_LT(place.size(), sizeof(sockaddr_un::sun_path));
      const Redis redis({.place = place});
      redis.set("key", "value");
      EXPECT_EQ(redis.get("key"), "value");
    }
    EXPECT_FALSE(fs::exists(fs::path(place).parent_path()));
    EXPECT_TRUE(fs::is_empty(temporary));
  }
}

TEST_F(RedisLimits, AServersFolderOfAKilledProcessIsSweptWhereverItIs) {
  set("TMPDIR", folder_of(200));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
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
  owner.signal(SIGKILL);
  owner.wait();
  sweep_redis_folders();
  EXPECT_FALSE(fs::exists(fs::path(place).parent_path())) << place;
  close(ends[0]);
  close(ends[1]);
}

TEST_F(RedisLimits, AServerNamesTheVariableWhoseFolderIsNotThere) {
  for (const char* missing : {"/proc/none", "/dev/null", "relative/none"}) {
    set("TMPDIR", missing);
    try {
      const RedisServer server;
      ADD_FAILURE() << "it started with TMPDIR=" << missing;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("TMPDIR"), HasSubstr(missing)));
    }
    sweep_redis_folders();  // and that throws nothing
  }
}

TEST_F(RedisLimits, AServersFolderMayBeNamedFromTheWorkingFolder) {
  for (const std::string& named : {fs::relative(folder_of(30)).string(), std::string()}) {
    set("TMPDIR", named);
    const RedisServer server;
    EXPECT_TRUE(fs::path(server.place()).is_absolute());
    Redis({.place = server.place()}).ping();
  }
}

TEST_F(RedisLimits, AClientReachesASocketWhosePathIsTooLong) {
  const RedisServer server;
  const std::string deep = folder_of(250);
  fs::create_symlink(server.place(), deep + "/redis.sock");
  const Redis redis({.place = deep + "/redis.sock"});
  redis.set("key", "value");
  EXPECT_EQ(Redis({.place = server.place()}).get("key"), "value");
  for (const std::string& wrong :
       {deep + "/no/redis.sock", deep + "/" + std::string(120, 'y'), deep + "/none"})
    EXPECT_THROW(Redis({.place = wrong}).ping(), RedisError) << wrong;
}

}  // namespace
}  // namespace parlab
