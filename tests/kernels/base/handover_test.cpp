// A Handover must not make the thread sanitizer blind: a race between two chunks is still reported,
// on every backend whose workers are threads.

#include "kernels/base/handover.hpp"

#ifdef PARLAB_THREAD_SANITIZER

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "kernels/backends/backend_registry.hpp"

namespace parlab {
namespace {

std::vector<std::string> backends_of_threads() {
  std::vector<std::string> names;
  for (const BackendSpec& spec : parse_backends("all"))
    if (spec.backend != "serial" && spec.backend != "processes") names.push_back(spec.label());
  return names;
}

class ThreadSanitizer : public testing::TestWithParam<std::string> {};

TEST_P(ThreadSanitizer, SeesARaceBetweenChunks) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto race = [] {
    const auto backend = make_backend(parse_backend(GetParam(), 2));
    int unguarded = 0;
    std::atomic<int> begun = 0;  // relaxed: it must order nothing
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    backend->for_chunks(Chunking({0, 20}, 1), [&](IndexRange) {
      ++unguarded;
      begun.fetch_add(1, std::memory_order_relaxed);
      // Until another worker has come, however busy the machine is.
      while (begun.load(std::memory_order_relaxed) < 2 &&
             std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    std::exit(unguarded == -1);
  };
  EXPECT_EXIT(race(), testing::ExitedWithCode(66), "data race");
}

INSTANTIATE_TEST_SUITE_P(All, ThreadSanitizer, testing::ValuesIn(backends_of_threads()),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name)
                             if (c == ':') c = '_';
                           return name;
                         });

}  // namespace
}  // namespace parlab

#endif
