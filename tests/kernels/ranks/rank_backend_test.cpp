// What backend mpi must do beyond what is checked from outside (rank_arms_test.cpp): each rank makes
// all of these tests, together with the others. Started with --start N MODULE it starts mpirun, and
// that starts it again N times with --rank N MODULE.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/backends/ranks/ranks.hpp"
#include "kernels/backends/search/search.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using testing::HasSubstr;

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
constexpr int skipped = 77;

/// Product of 2 x 2 matrices modulo 2^64: associative but not commutative.
using Matrix = std::array<std::uint64_t, 4>;
constexpr Matrix unit = {1, 0, 0, 1};

Matrix product(const Matrix& a, const Matrix& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],  //
          a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}

Matrix matrix_of(IndexRange range) {
  Matrix result = unit;
  for (std::uint64_t i = range.begin; i < range.end; ++i)
    result = product(result, {i, 1, 3, i + 2});
  return result;
}

class RankBackend : public testing::TestWithParam<const char*> {
 protected:
  Ranks& ranks_ = *joined_ranks();
  std::unique_ptr<Backend> backend_ = make_backend({"mpi", GetParam(), ranks_.size()});
};

TEST_P(RankBackend, FoldsInChunkOrder) {
  for (const std::uint64_t grain : {1, 3, 10, 1000}) {
    const Chunking chunking({5, 1005}, grain);
    EXPECT_EQ(map_reduce(*backend_, chunking, unit, matrix_of, product), matrix_of({5, 1005}));
  }
}

TEST_P(RankBackend, FoldsTheSameBitsInFloatingPoint) {
  const auto harmonic = [](IndexRange range) {
    double sum = 0;
    for (std::uint64_t i = range.begin; i < range.end; ++i) sum += 1.0 / static_cast<double>(i + 1);
    return sum;
  };
  const Chunking chunking({0, 100'000}, 17);
  const auto serial = make_backend({"serial", "", 1});
  const double expected = map_reduce(*serial, chunking, 0.0, harmonic, std::plus<>());
  for (int repeat = 0; repeat < 5; ++repeat)
    EXPECT_EQ(map_reduce(*backend_, chunking, 0.0, harmonic, std::plus<>()), expected);
}

TEST_P(RankBackend, ComputesNoneOneAndFewerChunksThanRanks) {
  for (std::uint64_t chunks = 0; chunks <= 7; ++chunks)
    EXPECT_EQ(map_reduce(*backend_, Chunking({0, chunks * 10}, 10), unit, matrix_of, product),
              matrix_of({0, chunks * 10}));
}

TEST_P(RankBackend, ReachesTheLargestIndex) {
  const IndexRange range{largest - 100, largest};
  EXPECT_EQ(map_reduce(*backend_, Chunking(range, 7), unit, matrix_of, product), matrix_of(range));
}

TEST_P(RankBackend, FoldsMoreChunksThanAWindowHolds) {
  const IndexRange range{0, 2 * window + 3};
  EXPECT_EQ(map_reduce(*backend_, Chunking(range, 1), unit, matrix_of, product), matrix_of(range));
}

TEST_P(RankBackend, SpreadsChunksOverAllRanks) {
  const auto who = backend_->map_chunks(Chunking({0, 200}, 1), [&](IndexRange) {
    std::this_thread::sleep_for(1ms);
    return ranks_.rank();
  });
  for (int rank = 0; rank < ranks_.size(); ++rank)
    EXPECT_GT(std::ranges::count(who, rank), 0) << "rank " << rank;
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
  EXPECT_THROW(map_reduce(*backend_, Chunking({0, 20'000}, 1), 0, fail, std::plus<>()),
               ChunkFailed);
  EXPECT_LT(begun, 1000);
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
  EXPECT_THROW(make_backend({"mpi", GetParam(), ranks_.size() + 1}), UsageError);
}

INSTANTIATE_TEST_SUITE_P(Schedules, RankBackend, testing::Values("static", "dynamic"),
                         [](const auto& info) { return info.param; });

int start(int ranks, const std::string& program, const std::string& module) {
  try {
    const Program mpirun =
        rank_program(ranks, {}, {program, "--rank", std::to_string(ranks), module}, {});
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
  const int ranks = std::stoi(values[2]);
  if (std::strcmp(values[1], "--start") == 0) return parlab::start(ranks, values[0], values[3]);
  parlab::join_ranks(values[3], ranks);
  const int failed = RUN_ALL_TESTS();
  parlab::leave_ranks();
  return failed;
}
