// Both searches on every backend and schedule of this build.

#include "kernels/backends/search/search.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/sharing/stop_flags.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

class SearchConformance : public testing::TestWithParam<BackendSpec> {
 protected:
  void SetUp() override { backend_ = make_backend(GetParam()); }

  /// Looks for a member of `hits`, index by index.
  std::uint64_t any(const Chunking& chunking, const std::set<std::uint64_t>& hits) {
    RawValueFlag found;
    return find_any(*backend_, chunking, found, [&](IndexRange range, RawValueFlag& flag) {
      for (std::uint64_t i = range.begin; i < range.end && !flag.is_set(); ++i)
        if (hits.contains(i)) return i;
      return not_found;
    });
  }
  std::uint64_t first(const Chunking& chunking, const std::set<std::uint64_t>& hits) {
    SharedMinimum lowest;
    return find_first(*backend_, chunking, lowest, [&](IndexRange range, const SharedMinimum& low) {
      for (std::uint64_t i = range.begin; i < range.end && low.get() >= range.begin; ++i)
        if (hits.contains(i)) return i;
      return not_found;
    });
  }

  std::unique_ptr<Backend> backend_;
};

TEST_P(SearchConformance, FindsNothingWhereThereIsNothing) {
  for (const Chunking& chunking :
       {Chunking({5, 5}, 3), Chunking({0, 1}, 1), Chunking({0, 100}, 7)}) {
    EXPECT_EQ(any(chunking, {1000}), not_found);
    EXPECT_EQ(first(chunking, {1000}), not_found);
  }
}

TEST_P(SearchConformance, FindsTheOnlyHitWhereverItLies) {
  for (const std::uint64_t hit : {0, 1, 49, 98, 99}) {
    EXPECT_EQ(any(Chunking({0, 100}, 7), {hit}), hit);
    EXPECT_EQ(first(Chunking({0, 100}, 7), {hit}), hit);
  }
}

TEST_P(SearchConformance, FindsSomeHitOfMany) {
  const std::set<std::uint64_t> hits = {3, 30, 31, 77, 99};
  EXPECT_TRUE(hits.contains(any(Chunking({0, 100}, 1), hits)));
}

TEST_P(SearchConformance, FindsTheLowestHitOfMany) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    EXPECT_EQ(first(Chunking({0, 100}, 1), {30, 31, 77, 99}), 30u);
    EXPECT_EQ(first(Chunking({0, 100}, 50), {49, 50, 51}), 49u);
  }
}

TEST_P(SearchConformance, SearchesUpToTheLargestIndex) {
  const Chunking chunking({largest - 10, largest}, 3);
  EXPECT_EQ(first(chunking, {largest - 1}), largest - 1);
  EXPECT_EQ(any(chunking, {largest - 1}), largest - 1);
}

TEST_P(SearchConformance, PassesOnWhatASearchThrows) {
  RawValueFlag found;
  EXPECT_THROW(find_any(*backend_, Chunking({0, 10}, 1), found,
                        [](IndexRange, RawValueFlag&) -> std::uint64_t {
                          throw UsageError("thrown by a search");
                        }),
               std::runtime_error);
}

std::vector<BackendSpec> all_specs() {
  std::vector<BackendSpec> specs;
  for (BackendSpec spec : parse_backends("all"))
    for (const int workers : {1, 2, 5}) {
      spec.workers = workers;
      if (workers == 1 || spec.backend != "serial") specs.push_back(spec);
    }
  return specs;
}

INSTANTIATE_TEST_SUITE_P(All, SearchConformance, testing::ValuesIn(all_specs()),
                         [](const testing::TestParamInfo<BackendSpec>& info) {
                           std::string name =
                               info.param.label() + "_x" + std::to_string(info.param.workers);
                           for (char& c : name)
                             if (c == ':') c = '_';
                           return name;
                         });

TEST(SharedMinimum, OnlyGoesDown) {
  SharedMinimum minimum;
  EXPECT_EQ(minimum.get(), not_found);
  minimum.lower_to(7);
  minimum.lower_to(9);
  EXPECT_EQ(minimum.get(), 7u);
  minimum.clear();
  EXPECT_EQ(minimum.get(), not_found);
}

}  // namespace
}  // namespace parlab
