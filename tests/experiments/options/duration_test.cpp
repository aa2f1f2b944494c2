#include "experiments/options/duration.hpp"

#include <gtest/gtest.h>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""h;

double seconds(const std::string& text) { return parse_duration("--budget", text, 24h).count(); }

TEST(Duration, IsReadWithItsUnit) {
  EXPECT_DOUBLE_EQ(seconds("20s"), 20);
  EXPECT_DOUBLE_EQ(seconds("20"), 20);
  EXPECT_DOUBLE_EQ(seconds("1.5min"), 90);
  EXPECT_DOUBLE_EQ(seconds("500ms"), 0.5);
  EXPECT_DOUBLE_EQ(seconds("2h"), 7200);
  EXPECT_DOUBLE_EQ(seconds("3 min"), 180);
  EXPECT_DOUBLE_EQ(seconds("24h"), 86400);
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "s", "20x", "20 seconds", "min5", "-3s", "0", "0s", "1e3s", "nan",
                           "inf", "25h", "1,5min", "20s ", "5m", "1:30"})
    EXPECT_THROW(seconds(text), UsageError) << text;
}

TEST(Duration, IsToldInFewDigits) {
  EXPECT_EQ(duration_words(0.31), "0.31 s");
  EXPECT_EQ(duration_words(5), "5 s");
  EXPECT_EQ(duration_words(14.6), "15 s");
  EXPECT_EQ(duration_words(119), "119 s");
  EXPECT_EQ(duration_words(300), "5 min");
  EXPECT_EQ(duration_words(3 * 3600.0), "3 h");
}

}  // namespace
}  // namespace parlab
