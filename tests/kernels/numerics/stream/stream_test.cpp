#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/stream/pointer_chase.hpp"
#include "kernels/numerics/stream/stream_operations.hpp"

namespace parlab {
namespace {

/// Three arrays of numbers that round, and what an operation makes of them by its definition.
struct Arrays {
  std::vector<double> a, b, c;

  explicit Arrays(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      a.push_back(std::sin(static_cast<double>(i)));
      b.push_back(1 / static_cast<double>(i + 3));
      c.push_back(std::sqrt(static_cast<double>(i) + 0.1));
    }
  }
  StreamArrays view() { return {a.data(), b.data(), c.data()}; }
  std::vector<double>& written(const StreamOperation& operation) {
    return operation.writes == 'a' ? a : operation.writes == 'b' ? b : c;
  }
  double of_definition(const std::string& name, std::size_t i) const {
    if (name == "copy") return a[i];
    if (name == "scale") return 3 * c[i];
    if (name == "add") return a[i] + b[i];
    const double product = 3 * c[i];
    return b[i] + product;
  }
};

void expect_elements_of_ranges() {
  ASSERT_EQ(stream_operations().size(), 4u);
  constexpr std::size_t count = 101;
  for (const StreamOperation& operation : stream_operations())
    for (const Stores stores : {Stores::plain, Stores::bypass})
      for (const IndexRange range : {IndexRange{0, count}, IndexRange{0, 0}, IndexRange{1, 2},
                                     IndexRange{3, 100}, IndexRange{8, 64}, IndexRange{37, 101}}) {
        const Arrays before(count);
        Arrays arrays(count);
        operation.run(arrays.view(), range, stores);
        Arrays expected(count);
        for (std::size_t i = range.begin; i < range.end; ++i)
          expected.written(operation)[i] = before.of_definition(operation.name, i);
        EXPECT_EQ(arrays.a, expected.a) << operation.name << " from " << range.begin;
        EXPECT_EQ(arrays.b, expected.b) << operation.name << " from " << range.begin;
        EXPECT_EQ(arrays.c, expected.c) << operation.name << " from " << range.begin;
      }
}

TEST(Stream, ComputesTheElementsOfTheRangeAndNoOthersAtEverySimdLevel) {
  for (const std::string& level : supported_simd_levels()) {
    SCOPED_TRACE(level);
    force_simd_level(level);
    expect_elements_of_ranges();
  }
  unforce_simd_level();
}

TEST(Stream, CountsTheBytesThatItsAuthorCounts) {
  EXPECT_EQ(stream_operation("copy").bytes_per_element(), 16);
  EXPECT_EQ(stream_operation("scale").bytes_per_element(), 16);
  EXPECT_EQ(stream_operation("add").bytes_per_element(), 24);
  EXPECT_EQ(stream_operation("triad").bytes_per_element(), 24);
  EXPECT_THROW(stream_operation("traid"), UsageError);
}

TEST(PointerChase, VisitsEachCellOnceInALap) {
  for (int bits = 0; bits <= 12; ++bits) {
    const ChaseOrder order(bits);
    std::set<std::uint64_t> seen;
    for (std::uint64_t n = 0; n < order.cells(); ++n) {
      EXPECT_LT(order.place(n), order.cells());
      seen.insert(order.place(n));
    }
    EXPECT_EQ(seen.size(), order.cells()) << bits;
    EXPECT_EQ(order.place(order.cells()), order.place(0));
  }
}

TEST(PointerChase, ComesToTheSameCellsHoweverItsStepsAreCut) {
  const ChaseOrder order(10);
  std::vector<ChaseCell> cells(order.cells());
  link_cells(order, {0, 300}, cells.data());
  link_cells(order, {300, order.cells()}, cells.data());
  EXPECT_EQ(chase(order, {0, 1024}, cells.data()), 1024u * 1023 / 2);
  EXPECT_EQ(chase(order, {7, 7}, cells.data()), 0u);
  std::uint64_t sum = 0;
  for (std::uint64_t n = 100; n < 200; ++n) sum += order.place(n + 1);
  EXPECT_EQ(chase(order, {100, 200}, cells.data()), sum);
  // A link that is wrong shows.
  std::swap(cells[order.place(5)].next, cells[order.place(6)].next);
  EXPECT_NE(chase(order, {0, 1024}, cells.data()), 1024u * 1023 / 2);
}

TEST(PointerChase, GoesFarAtMostSteps) {
  const ChaseOrder order(16);
  int near = 0;
  for (std::uint64_t n = 0; n < order.cells(); ++n) {
    const auto step = static_cast<std::int64_t>(order.place(n + 1) - order.place(n));
    if (std::abs(step) <= 64) ++near;  // within a page
  }
  // One in 512 by chance.
  EXPECT_LT(near, 512);
}

}  // namespace
}  // namespace parlab
