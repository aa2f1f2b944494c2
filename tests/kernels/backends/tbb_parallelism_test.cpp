// Several backends on TBB at once, each with workers of its own number.

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "kernels/backend_registry.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Whether as many chunks as there are workers are computed at the same time.
bool all_meet(Backend& backend) {
  std::atomic<int> begun = 0;
  const auto meet = [&](IndexRange) {
    ++begun;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (begun < backend.workers()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  };
  const auto workers = static_cast<std::uint64_t>(backend.workers());
  return map_reduce(backend, Chunking({0, workers}, 1), true, meet, std::logical_and<>());
}

class TbbBackends : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::ranges::find(backends(), GetParam(), &BackendEntry::name) == backends().end())
      GTEST_SKIP() << "this build has no TBB";
  }
};

TEST_P(TbbBackends, HaveTheirWorkersWhateverOthersHave) {
  std::vector<std::unique_ptr<Backend>> open;
  testing::internal::CaptureStderr();
  for (const int workers : {1, 3, 2, 6, 1, 5}) {
    open.push_back(make_backend({GetParam(), "", workers}));
    for (const auto& backend : open) EXPECT_TRUE(all_meet(*backend)) << backend->workers();
  }
  open.erase(open.begin() + 3);  // the largest
  for (const auto& backend : open) EXPECT_TRUE(all_meet(*backend)) << backend->workers();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "TBB has nothing to warn of";
}

INSTANTIATE_TEST_SUITE_P(Names, TbbBackends, testing::Values("tbb", "stdpar"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace parlab
