// What backends on ranks must do beyond what is checked from outside (rank_arms_test.cpp): each rank
// makes all of these tests, together with the others. Started with --start THREADS MODULE, threads of
// each rank as in 2,1, it starts mpirun, and that starts it again once a rank with --rank THREADS
// MODULE.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/backends/search/search.hpp"
#include "kernels/base/errors.hpp"
#include "tests/kernels/backends/fold_checks.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using testing::HasSubstr;

constexpr int skipped = 77;

class RankBackend : public testing::TestWithParam<std::string> {
 protected:
  /// "mpi:static" has one worker a rank.
  void SetUp() override {
    if (threads_backend(spec_.backend).empty() && workers_ != ranks_.size())
      GTEST_SKIP() << "a test of ranks with one worker each; these have threads";
    backend_ = make_backend(spec_);
  }

  Ranks& ranks_ = *joined_ranks();
  int workers_ = std::accumulate(rank_threads().begin(), rank_threads().end(), 0);
  BackendSpec spec_ = parse_backend(GetParam(), workers_);
  std::unique_ptr<Backend> backend_;
};

TEST_P(RankBackend, FoldsInChunkOrder) { expect_chunk_order(*backend_); }

TEST_P(RankBackend, FoldsTheSameBitsInFloatingPoint) {
  expect_same_bits_in_floating_point(*backend_);
}

TEST_P(RankBackend, ComputesNoneOneAndFewerChunksThanRanks) {
  for (std::uint64_t chunks = 0; chunks <= 7; ++chunks)
    expect_same_product(*backend_, {0, chunks * 10}, 10);
}

TEST_P(RankBackend, ReachesTheLargestIndex) { expect_largest_index(*backend_); }

TEST_P(RankBackend, FoldsMoreChunksThanAWindowHolds) {
  expect_more_chunks_than_a_window(*backend_);
}

TEST_P(RankBackend, SpreadsChunksOverAllRanks) {
  // A busy machine may keep a rank from it once: not ten times in a row. All ranks see the same.
  std::set<int> seen;
  for (int i = 0; i < 10 && seen.size() < static_cast<std::size_t>(ranks_.size()); ++i) {
    const auto who = backend_->map_chunks(Chunking({0, 200}, 1), [&](IndexRange) {
      std::this_thread::sleep_for(1ms);
      return ranks_.rank();
    });
    seen = {who.begin(), who.end()};
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(ranks_.size()));
}

TEST_P(RankBackend, TellsInWhichRankAChunkFailedAndWorksOn) {
  const auto fail_at_70 = [](IndexRange range) -> int {
    if (range.begin == 70) throw std::runtime_error("index 70 says no");
    return 1;
  };
  for (int repeat = 0; repeat < 3; ++repeat) {
    try {
      map_reduce(*backend_, Chunking({0, 100}, 1), 0, fail_at_70, std::plus<>());
      FAIL() << "nothing was thrown";
    } catch (const ChunkFailed& error) {
      EXPECT_THAT(error.what(), testing::MatchesRegex("rank [0-9] on .+: index 70 says no"));
    }
    EXPECT_EQ(map_reduce(*backend_, Chunking({0, 70}, 1), 0, fail_at_70, std::plus<>()), 70);
  }
}

TEST_P(RankBackend, CutsALongMessage) {
  const auto fail = [](IndexRange) -> int { throw std::runtime_error(std::string(100'000, 'x')); };
  try {
    map_reduce(*backend_, Chunking({0, 10}, 1), 0, fail, std::plus<>());
    FAIL() << "nothing was thrown";
  } catch (const ChunkFailed& failed) {
    EXPECT_THAT(failed.what(), testing::MatchesRegex("rank .+: x{1000,}"));
    EXPECT_LT(std::strlen(failed.what()), 10'000u);
  }
}

TEST_P(RankBackend, LeavesOutChunksAfterAFailure) {
  int begun = 0;  // in this rank
  const auto fail = [&](IndexRange range) -> int {
    ++begun;
    std::this_thread::sleep_for(1ms);
    if (range.begin == 0) throw std::runtime_error("at once");
    return 1;
  };
  // Where it did not, each rank would begin tens of thousands: a minute of them.
  EXPECT_THROW(map_reduce(*backend_, Chunking({0, 200'000}, 1), 0, fail, std::plus<>()),
               ChunkFailed);
  EXPECT_LT(begun, 10'000);
}

TEST_P(RankBackend, RefusesChunksThatWriteToMemory) {
  EXPECT_THROW(backend_->for_chunks(Chunking({0, 10}, 1), [](IndexRange) {}), UsageError);
}

struct LocalFlag {
  void set() { set_.store(true); }
  bool is_set() const { return set_.load(); }
  std::atomic<bool> set_ = false;
};

/// One rank finds at once what makes all others stop: without news they would search for ever.
TEST_P(RankBackend, EndsASearchInAllRanksWhenOneHasFound) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    LocalFlag found;
    const auto search = [](IndexRange range, LocalFlag& flag) {
      if (range.begin == 0) return std::uint64_t{0};
      while (!flag.is_set()) std::this_thread::sleep_for(1ms);
      return not_found;
    };
    const auto chunks = static_cast<std::uint64_t>(ranks_.size());
    EXPECT_EQ(find_any(*backend_, Chunking({0, chunks}, 1), found, search), 0u);
  }
}

TEST_P(RankBackend, FindsTheFirstOfManyHits) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    SharedMinimum lowest;
    const auto search = [](IndexRange range, const SharedMinimum&) {
      for (std::uint64_t i = range.begin; i < range.end; ++i)
        if (i % 100 == 37 && i > 500) return i;
      return not_found;
    };
    EXPECT_EQ(find_first(*backend_, Chunking({0, 10'000}, 7), lowest, search), 537u);
  }
}

TEST_P(RankBackend, FindsNothingWhereThereIsNothing) {
  LocalFlag found;
  const auto search = [](IndexRange, LocalFlag&) { return not_found; };
  EXPECT_EQ(find_any(*backend_, Chunking({0, 1000}, 10), found, search), not_found);
  EXPECT_FALSE(found.is_set());
}

TEST_P(RankBackend, TakesNoOtherNumberOfWorkers) {
  EXPECT_THROW(make_backend({spec_.backend, spec_.schedule, workers_ + 1}), UsageError);
}

TEST_P(RankBackend, ComputesInAllThreadsOfARank) {
  std::mutex mutex;
  std::set<std::thread::id> threads;  // of this rank
  const auto work = [&](IndexRange) {
    std::this_thread::sleep_for(2ms);
    const std::scoped_lock one(mutex);
    threads.insert(std::this_thread::get_id());
    return 1;
  };
  const auto own =
      static_cast<std::size_t>(rank_threads()[static_cast<std::size_t>(ranks_.rank())]);
  // A busy machine may let one thread do what others have not begun: not ten times in a row.
  for (int i = 0; i < 10; ++i) backend_->map_chunks(Chunking({0, 200}, 1), work);
  EXPECT_GE(threads.size(), own);
}

std::vector<std::string> all_on_ranks() {
  std::vector<std::string> names;
  for (const BackendEntry& entry : backends())
    if (!entry.shares_memory())
      for (const std::string& schedule : entry.schedules)
        names.push_back(entry.name + ":" + schedule);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Backends, RankBackend, testing::ValuesIn(all_on_ranks()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace_if(
                               name, [](char c) { return c == ':' || c == '+'; }, '_');
                           return name;
                         });

std::vector<int> numbers_in(const std::string& text) {
  std::vector<int> numbers;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) numbers.push_back(std::stoi(word));
  return numbers;
}

int start(const std::string& threads, const std::string& program, const std::string& module) {
  try {
    const Program mpirun = rank_program(static_cast<int>(numbers_in(threads).size()), {},
                                        {program, "--rank", threads, module}, {});
    const ProgramOutput output = output_of(mpirun, 1 << 20);
    std::cout << output.text << output.status.describe() << '\n';
    return output.status.success() ? 0 : 1;
  } catch (const UsageError& error) {
    std::cout << "skipped: " << error.what() << '\n';
    return skipped;
  }
}

}  // namespace
}  // namespace parlab

int main(int count, char** values) {
  testing::InitGoogleMock(&count, values);
  if (count != 4) return 1;
  if (std::strcmp(values[1], "--start") == 0) return parlab::start(values[2], values[0], values[3]);
  parlab::join_ranks(values[3], parlab::numbers_in(values[2]));
  const int failed = RUN_ALL_TESTS();
  parlab::leave_ranks();
  return failed;
}
