// RawValue, RawArray, Value, Array.

#include "kernels/sharing/memory/value.hpp"

#include <signal.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

class ValueTest : public SharingTest {
 protected:
  /// Runs `work` in four processes at once.
  static void in_four(const std::function<void()>& work) {
    std::vector<Process> workers;
    for (int i = 0; i < 4; ++i) workers.emplace_back(work);
    for (Process& worker : workers) worker.start();
    for (Process& worker : workers) {
      worker.join();
      ASSERT_EQ(worker.exitcode(), 0);
    }
  }
};

struct Totals {
  std::int64_t count;
  double sum;
};

TEST_F(ValueTest, IsSeenByAllProcesses) {
  RawValue<double> value(1.5);
  RawArray<int> array(3);
  EXPECT_EQ(array[2], 0);
  in_four([&] {
    value.store(2.5);
    array[2] = 7;
  });
  EXPECT_EQ(value.load(), 2.5);
  EXPECT_EQ(array.view()[2], 7);
}

TEST_F(ValueTest, AddsInOneStep) {
  RawValue<std::uint64_t> value(1);
  in_four([&] {
    for (int i = 0; i < 10'000; ++i) value.fetch_add(2);
  });
  EXPECT_EQ(value.load(), 80'001u);
}

TEST_F(ValueTest, UpdatesUnderItsLock) {
  Value<Totals> totals({0, 0.0});
  Array<int> counts(2);
  in_four([&] {
    for (int i = 0; i < 2000; ++i) {
      totals.update([](Totals& t) {
        t.count += 1;
        t.sum += 0.5;
      });
      counts.update([](std::span<int> c) { return c[0] = ++c[1]; });
    }
  });
  EXPECT_EQ(totals.get().count, 8000);
  EXPECT_EQ(totals.get().sum, 4000.0);
  EXPECT_EQ(counts[0], 8000);
}

TEST_F(ValueTest, TellsThatItMayBeHalfWritten) {
  Value<Totals> totals({0, 0.0});
  Process owner([&] {
    totals.update([](Totals& t) {
      t.count = 1;
      raise(SIGKILL);
    });
  });
  owner.start();
  owner.join();
  EXPECT_THROW(totals.get(), Poisoned);
  EXPECT_THROW(totals.set({}), Poisoned);
  totals.lock().recover([&] { totals.ref() = {0, 0.0}; });
  EXPECT_EQ(totals.get().count, 0);
}

TEST_F(ValueTest, IsMendedByItsRecoverCallback) {
  Value<Totals> totals({0, 0.0}, [](Totals& t) { t.sum = 0.5 * static_cast<double>(t.count); });
  Process owner([&] {
    totals.update([](Totals& t) {
      t.count = 8;
      raise(SIGKILL);
    });
  });
  owner.start();
  owner.join();
  EXPECT_EQ(totals.get().sum, 4.0);
}

TEST_F(ValueTest, SaysThatThereIsNoRoom) {
  EXPECT_THROW(RawArray<double>(std::numeric_limits<std::size_t>::max() / 4), OutOfRoom);
  EXPECT_THROW(RawArray<double>(std::size_t{1} << 50), std::runtime_error);
}

}  // namespace
}  // namespace parlab
