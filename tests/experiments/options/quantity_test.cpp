#include "experiments/options/quantity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/base/experiment.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/nearest_name.hpp"

namespace parlab {
namespace {

TEST(Quantity, ReadsNumbersAsPeopleWriteThem) {
  const auto read = [](const char* text) { return parse_quantity("n", text); };
  EXPECT_EQ(read("0"), 0u);
  EXPECT_EQ(read("1e8"), 100'000'000u);
  EXPECT_EQ(read("1E+3"), 1000u);
  EXPECT_EQ(read("2.5e6"), 2'500'000u);
  EXPECT_EQ(read("1.0"), 1u);
  EXPECT_EQ(read("1_000_000"), 1'000'000u);
  EXPECT_EQ(read("64Ki"), 65536u);
  EXPECT_EQ(read("1.5Ki"), 1536u);
  EXPECT_EQ(read("2Gi"), 1ULL << 31);
  EXPECT_EQ(read("18446744073709551615"), 18446744073709551615ULL);
  EXPECT_EQ(read("1.8446744073709551615e19"), 18446744073709551615ULL);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* text : {"",
                           " 1",
                           "1 ",
                           "x",
                           "1x",
                           "_1",
                           "1_",
                           "1__0",
                           ".5",
                           "1.",
                           "1e",
                           "1e+",
                           "1.2.3",
                           "0x10",
                           "1e1000",
                           "nan",
                           "inf",
                           "Ki",
                           "1e-3",
                           "0.5",
                           "-1",
                           "1.5",
                           "18446744073709551616",
                           "1e20",
                           "99999999999999999999999999999999999999999999"})
    EXPECT_THROW(parse_quantity("n", text), UsageError) << text;
}

TEST(Quantity, KeepsToItsBounds) {
  EXPECT_EQ(parse_quantity("n", "5", 5, 5), 5u);
  EXPECT_THROW(parse_quantity("n", "4", 5, 9), UsageError);
  EXPECT_THROW(parse_quantity("n", "10", 5, 9), UsageError);
}

TEST(Quantity, ReadsListsWithoutRepeats) {
  EXPECT_EQ(parse_quantities("n", "1,1e3,1000,2"), (std::vector<std::uint64_t>{1, 1000, 2}));
  EXPECT_THROW(parse_quantities("n", "1,,2"), UsageError);
  EXPECT_THROW(parse_quantities("n", ""), UsageError);
}

TEST(ShortNumber, IsShortWhereNothingIsLost) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(999), "999");
  EXPECT_EQ(short_number(100'000'000), "1e8");
  EXPECT_EQ(short_number(1'250'000), "1.25e6");
  EXPECT_EQ(short_number(65'536), "65536");
  EXPECT_EQ(short_number(100'100'000), "1.001e8");
  EXPECT_EQ(short_number(18446744073709551615ULL), "18446744073709551615");
}

TEST(NearestName, FindsMisspellingsAndLeavesTheRestAlone) {
  const std::vector<std::string> names = {"openmp", "tbb", "threads", "asio_pool"};
  EXPECT_EQ(nearest_name("opnemp", names), "openmp");
  EXPECT_EQ(nearest_name("thread", names), "threads");
  EXPECT_EQ(nearest_name("thread", {"thread_pool", "threads"}), "threads");
  EXPECT_EQ(nearest_name("thread_p", {"threads", "thread_pool"}), "thread_pool");
  EXPECT_EQ(nearest_name("asio", names), "asio_pool");
  EXPECT_EQ(nearest_name("kubernetes", names), "");
  EXPECT_THAT(unknown_name("backend", "tbp", names),
              "unknown backend 'tbp', did you mean 'tbb'?; valid: openmp, tbb, threads, asio_pool");
}

}  // namespace
}  // namespace parlab
