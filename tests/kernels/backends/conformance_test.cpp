// What every backend and schedule of this build must do, whoever wrote it. A new backend is under
// these tests as soon as it is registered.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "tests/kernels/backends/fold_checks.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using Counter = std::atomic<std::uint64_t>;

/// Counters that workers see whether they are threads or processes. Zero at first.
class SharedCounters {
 public:
  explicit SharedCounters(std::size_t count)
      : memory_(count * sizeof(Counter)), counters_(new (memory_.data()) Counter[count]()) {}
  Counter& operator[](std::size_t i) const { return counters_[i]; }

 private:
  SharedMapping memory_;
  Counter* counters_;
};

struct Case {
  BackendSpec spec;
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.spec.label() + "_x" + std::to_string(info.param.spec.workers);
  for (char& c : name)
    if (c == ':') c = '_';
  return name;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (BackendSpec spec : parse_backends("all")) {
    for (const int workers : {1, 2, 3, 5}) {
      spec.workers = workers;
      if (workers == 1 || spec.backend != "serial") cases.push_back({spec});
    }
  }
  return cases;
}

class BackendConformance : public testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<Backend> backend_ = make_backend(GetParam().spec);
  int workers_ = GetParam().spec.workers;
};

TEST_P(BackendConformance, HasTheWorkersItWasAskedFor) { EXPECT_EQ(backend_->workers(), workers_); }

TEST_P(BackendConformance, FoldsInChunkOrder) { expect_chunk_order(*backend_); }

TEST_P(BackendConformance, FoldsTheSameBitsInFloatingPoint) {
  expect_same_bits_in_floating_point(*backend_);
}

TEST_P(BackendConformance, ComputesEachIndexOnce) {
  const SharedCounters seen(1000);
  backend_->for_chunks(Chunking({0, 1000}, 7), [&](IndexRange range) {
    for (std::uint64_t i = range.begin; i < range.end; ++i) ++seen[i];
  });
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_EQ(seen[i], 1u) << "index " << i;
}

TEST_P(BackendConformance, ReturnsPartialsInChunkOrder) {
  const auto begins =
      backend_->map_chunks(Chunking({100, 164}, 1), [](IndexRange range) { return range.begin; });
  ASSERT_EQ(begins.size(), 64u);
  for (std::uint64_t i = 0; i < 64; ++i) EXPECT_EQ(begins[i], 100 + i);
}

TEST_P(BackendConformance, GivesTheIdentityForAnEmptyRange) {
  const SharedCounters calls(1);
  const auto count_calls = [&](IndexRange) { return ++calls[0]; };
  EXPECT_EQ(
      map_reduce(*backend_, Chunking({9, 9}, 4), std::uint64_t{42}, count_calls, std::plus<>()),
      42u);
  backend_->for_chunks(Chunking({9, 9}, 4), count_calls);
  EXPECT_EQ(calls[0], 0u);
}

TEST_P(BackendConformance, ComputesASingleIndex) { expect_same_product(*backend_, {7, 8}, 100); }

TEST_P(BackendConformance, ComputesFewerChunksThanWorkers) {
  for (int chunks = 1; chunks <= workers_; ++chunks) {
    expect_same_product(*backend_, {0, static_cast<std::uint64_t>(chunks) * 10}, 10);
  }
}

TEST_P(BackendConformance, ReachesTheLargestIndex) { expect_largest_index(*backend_); }

TEST_P(BackendConformance, FoldsMoreChunksThanAWindowHolds) {
  expect_more_chunks_than_a_window(*backend_);
}

// As many chunks as workers, none of which ends before all have begun.
TEST_P(BackendConformance, WorksOnAsManyChunksAtOnceAsItHasWorkers) {
  const SharedCounters begun(1);
  const auto meet = [&](IndexRange) {
    ++begun[0];
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (begun[0] < static_cast<std::uint64_t>(workers_)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(100us);
    }
    return true;
  };
  const bool all_met = map_reduce(*backend_, Chunking({0, static_cast<std::uint64_t>(workers_)}, 1),
                                  true, meet, std::logical_and<>());
  EXPECT_TRUE(all_met) << "only " << begun[0] << " workers came";
}

TEST_P(BackendConformance, NeverWorksOnMoreChunksThanItHasWorkers) {
  const SharedCounters at_work(2);  // now, and most
  backend_->for_chunks(Chunking({0, 100}, 1), [&](IndexRange) {
    const std::uint64_t now = ++at_work[0];
    std::uint64_t most = at_work[1];
    while (now > most && !at_work[1].compare_exchange_weak(most, now)) continue;
    std::this_thread::sleep_for(200us);
    --at_work[0];
  });
  EXPECT_LE(at_work[1], static_cast<std::uint64_t>(workers_));
}

TEST_P(BackendConformance, BringsAnExceptionToTheCaller) {
  const auto fail_at_70 = [](IndexRange range) -> int {
    if (range.begin == 70) throw std::runtime_error("index 70 says no");
    return 1;
  };
  for (int repeat = 0; repeat < 3; ++repeat) {
    try {
      map_reduce(*backend_, Chunking({0, 100}, 1), 0, fail_at_70, std::plus<>());
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "index 70 says no");
    }
    // and the backend works on
    EXPECT_EQ(map_reduce(*backend_, Chunking({0, 70}, 1), 0, fail_at_70, std::plus<>()), 70);
  }
}

TEST_P(BackendConformance, BringsOneOfManyExceptions) {
  const auto fail = [](IndexRange range) -> int {
    throw std::out_of_range("no " + std::to_string(range.begin));
  };
  try {
    map_reduce(*backend_, Chunking({0, 50}, 1), 0, fail, std::plus<>());
    FAIL() << "nothing was thrown";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("no "));
  }
}

TEST_P(BackendConformance, BringsAnExceptionOfNoKnownType) {
  const auto fail = [](IndexRange) -> int { throw 42; };
  EXPECT_ANY_THROW(map_reduce(*backend_, Chunking({0, 5}, 1), 0, fail, std::plus<>()));
}

TEST_P(BackendConformance, LeavesOutChunksAfterAFailure) {
  const SharedCounters begun(1);
  const auto fail = [&](IndexRange) -> int {
    ++begun[0];
    std::this_thread::sleep_for(1ms);
    throw std::runtime_error("at once");
  };
  EXPECT_ANY_THROW(map_reduce(*backend_, Chunking({0, 10'000}, 1), 0, fail, std::plus<>()));
  EXPECT_LT(begun[0], 1000u);
}

INSTANTIATE_TEST_SUITE_P(All, BackendConformance, testing::ValuesIn(all_cases()), case_name);

class ProcessesBackend : public testing::TestWithParam<const char*> {};

TEST_P(ProcessesBackend, TellsWhichChunkAKilledWorkerHad) {
  const auto backend = make_backend(parse_backend(GetParam(), 2));
  const auto die_at_30 = [](IndexRange range) -> int {
    if (range.begin == 30) raise(SIGKILL);
    return 1;
  };
  try {
    map_reduce(*backend, Chunking({0, 100}, 10), 0, die_at_30, std::plus<>());
    FAIL() << "nothing was thrown";
  } catch (const WorkerFailed& failed) {
    EXPECT_EQ(failed.chunk(), 3u);
    EXPECT_EQ(failed.cause(), "killed by SIGKILL");
  }
  EXPECT_EQ(map_reduce(*backend, Chunking({0, 30}, 10), 0, die_at_30, std::plus<>()), 3);
}

TEST_P(ProcessesBackend, NumbersTheChunkOfAKilledWorkerWithinTheWholeRange) {
  const auto backend = make_backend(parse_backend(GetParam(), 2));
  const auto die_late = [](IndexRange range) -> int {
    if (range.begin == window + 5) raise(SIGKILL);
    return 1;
  };
  try {
    map_reduce(*backend, Chunking({0, window + 10}, 1), 0, die_late, std::plus<>());
    FAIL() << "nothing was thrown";
  } catch (const WorkerFailed& failed) {
    EXPECT_EQ(failed.chunk(), window + 5);
  }
}

TEST_P(ProcessesBackend, CutsALongMessageAndKeepsItsBeginning) {
  const auto backend = make_backend(parse_backend(GetParam(), 2));
  const auto fail = [](IndexRange) -> int { throw std::runtime_error(std::string(100'000, 'x')); };
  try {
    map_reduce(*backend, Chunking({0, 10}, 1), 0, fail, std::plus<>());
    FAIL() << "nothing was thrown";
  } catch (const ChunkFailed& failed) {
    EXPECT_THAT(failed.what(), testing::MatchesRegex("x{1000,}"));
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, ProcessesBackend,
                         testing::Values("processes:static", "processes:dynamic"),
                         [](const auto& info) {
                           return std::string(info.param).substr(std::string("processes:").size());
                         });

}  // namespace
}  // namespace parlab
