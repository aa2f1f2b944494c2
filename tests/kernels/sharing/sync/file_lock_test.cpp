// FileLock between processes; dropped with the death of its owner, and with nothing else.

#include "kernels/sharing/sync/file_lock.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class FileLockTest : public SharingTest {
 protected:
  ~FileLockTest() override { unlink(path_.c_str()); }
  std::string path_ = testing::TempDir() + "file-lock-test-" + std::to_string(getpid());
};

TEST_F(FileLockTest, LosesNoUpdateOfAFile) {
  const std::string count_path = path_ + ".count";
  std::ofstream(count_path) << 0;
  std::vector<Process> workers;
  for (int i = 0; i < 3; ++i)
    workers.emplace_back([&] {
      FileLock lock(path_);
      for (int k = 0; k < 100; ++k) {
        const std::lock_guard hold(lock);
        int count = 0;
        std::ifstream(count_path) >> count;
        std::ofstream(count_path) << count + 1;
      }
    });
  for (Process& worker : workers) worker.start();
  for (Process& worker : workers) EXPECT_TRUE(worker.join(long_enough));
  int count = 0;
  std::ifstream(count_path) >> count;
  EXPECT_EQ(count, 300);
  unlink(count_path.c_str());
}

TEST_F(FileLockTest, IsNotSharedWithAForkedChild) {
  FileLock lock(path_);
  lock.acquire();
  Process child([&] { return lock.acquire(5ms) ? 1 : 0; });
  child.start();
  child.join();
  EXPECT_EQ(child.exitcode(), 0);
  lock.release();
  Process next([&] { return lock.acquire(0s) ? 0 : 1; });
  next.start();
  next.join();
  EXPECT_EQ(next.exitcode(), 0);
}

TEST_F(FileLockTest, IsKeptWhereAnotherDescriptorOfTheFileIsClosed) {
  FileLock lock(path_);
  lock.acquire();
  close(open(path_.c_str(), O_RDWR));  // drops a plain fcntl lock
  FileLock other(path_);
  EXPECT_FALSE(other.try_lock());
  lock.release();
  EXPECT_TRUE(other.try_lock());
}

TEST_F(FileLockTest, IsDroppedByTheDeathOfItsOwner) {
  RawValue<bool> taken(false);
  Process owner([&] {
    FileLock lock(path_);
    lock.acquire();
    taken.store(true);
    pause();
  });
  owner.start();
  ASSERT_TRUE(eventually([&] { return taken.load(); }));
  FileLock lock(path_);
  EXPECT_FALSE(lock.acquire(5ms));
  owner.kill();
  EXPECT_TRUE(lock.acquire(long_enough));
}

TEST_F(FileLockTest, RefusesWhatWouldNeverReturn) {
  FileLock lock(path_);
  EXPECT_THROW(lock.release(), std::logic_error);
  lock.acquire();
  EXPECT_THROW(lock.acquire(), std::logic_error);
}

TEST_F(FileLockTest, SaysThatTheFileCannotBeMade) {
  try {
    FileLock lock("/no/such/folder/lock");
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("/no/such/folder/lock"));
  }
}

}  // namespace
}  // namespace parlab
