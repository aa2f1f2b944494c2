// Where threads are short every backend that needs some says which one it could not start, and
// why: no hang, no abort, no end of the process.

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <thread>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/sanitizers.hpp"
#include "tests/kernels/shortage.hpp"

namespace parlab {
namespace {

using testing::MatchesRegex;

constexpr int workers = 64;

/// A chunk for each worker, which lasts until all of them would have been started.
void use(const std::string& name, int count) {
  const auto backend = make_backend(parse_backend(name, count));
  map_reduce(
      *backend, Chunking({0, workers}, 1), std::uint64_t{0},
      [](IndexRange range) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return range.begin;
      },
      std::plus<>());
}

class ThreadsShort : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
#if defined(PARLAB_ADDRESS_SANITIZER) || defined(PARLAB_THREAD_SANITIZER)
    GTEST_SKIP() << "a sanitizer has threads and address space of its own";
#endif
  }
};

TEST_P(ThreadsShort, NamesTheThreadAndTheLimitOnProcesses) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to become somebody whom the limit holds";
  EXPECT_THAT(told_with_few_processes(12, [] { use(GetParam(), workers); }),
              MatchesRegex("cannot start (thread|process) [0-9]+ of 64: the limit on processes, "
                           "ulimit -u, is 12"));
}

/// Of backends whose workers are threads, and have stacks in one address space.
class StacksShort : public ThreadsShort {};

TEST_P(StacksShort, NamesTheThreadAndTheLimitOnAddressSpace) {
  EXPECT_THAT(told_with_little_memory(std::size_t{96} << 20, [] { use(GetParam(), workers); }),
              MatchesRegex("cannot start thread [0-9]+ of 64: the limit on address space, "
                           "ulimit -v, is [0-9]+ MiB, and the stack of a thread takes [0-9]+ MiB"));
}

TEST_P(ThreadsShort, WorksOnWithAsManyAsThereMayBe) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to become somebody whom the limit holds";
  EXPECT_EQ(told_with_few_processes(12,
                                    [] {
                                      try {
                                        use(GetParam(), workers);
                                      } catch (const std::exception&) {
                                        use(GetParam(), 4);
                                        return;
                                      }
                                      throw std::runtime_error("64 workers were not refused");
                                    }),
            "");
}

std::vector<std::string> parallel_backends() {
  std::vector<std::string> names;
  for (const BackendEntry& entry : backends())
    if (entry.parallel && entry.shares_memory()) names.push_back(entry.name);
  return names;
}
std::vector<std::string> backends_of_threads() {
  std::vector<std::string> names = parallel_backends();
  std::erase(names, "processes");
  return names;
}
INSTANTIATE_TEST_SUITE_P(Backends, ThreadsShort, testing::ValuesIn(parallel_backends()),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(Backends, StacksShort, testing::ValuesIn(backends_of_threads()),
                         [](const auto& info) { return info.param; });

TEST(OpenMPStacks, OfTheSizeInTheEnvironmentAreTried) {
#if defined(PARLAB_ADDRESS_SANITIZER) || defined(PARLAB_THREAD_SANITIZER)
  GTEST_SKIP() << "a sanitizer has address space of its own";
#endif
  const auto& all = backends();
  if (std::ranges::find(all, "openmp", &BackendEntry::name) == all.end())
    GTEST_SKIP() << "this build has no OpenMP";
  setenv("OMP_STACKSIZE", "64M", 1);  // NOLINT(concurrency-mt-unsafe): tests have one thread
  EXPECT_THAT(told_with_little_memory(std::size_t{96} << 20, [] { use("openmp", 4); }),
              testing::HasSubstr("the stack of a thread takes 64 MiB"));
}

}  // namespace
}  // namespace parlab
