#include "experiments/base/interval_plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "experiments/base/terminal.hpp"

namespace parlab {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr PlotStyle plain = {.columns = 60, .is_unicode = false};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(IntervalPlot, HasARowForEachAndAnAxisBelow) {
  const auto lines =
      lines_of(interval_plot({{.label = "serial again", .ratio = 1.01, .low = 0.9, .high = 1.1},
                              {.label = "openmp x2", .ratio = 1.98, .low = 1.9, .high = 2.1}},
                             plain));
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_TRUE(lines[0].starts_with("serial again  "));
  EXPECT_TRUE(lines[1].starts_with("openmp x2     "));
  EXPECT_THAT(lines[3], HasSubstr("1"));
}

TEST(IntervalPlot, PutsMarksWhereTheRatiosAre) {
  const auto lines =
      lines_of(interval_plot({{.label = "slow", .ratio = 0.5, .low = 0.45, .high = 0.55},
                              {.label = "same", .ratio = 1, .low = 0.9, .high = 1.1},
                              {.label = "fast", .ratio = 2, .low = 1.8, .high = 2.2}},
                             plain));
  const std::size_t slow = lines[0].find('*'), same = lines[1].find('*'), fast = lines[2].find('*');
  EXPECT_EQ(lines[0].find(':'), same) << "the guide stands at 1";
  EXPECT_EQ(lines[2].find(':'), same);
  EXPECT_NEAR(double(same - slow), double(fast - same), 1)
      << "a half and a double are as far from 1";
  EXPECT_LT(lines[0].find('['), slow);
  EXPECT_GT(lines[0].find(']'), slow);
  EXPECT_EQ(lines[4].find('1', same), same) << "its number below it";
}

TEST(IntervalPlot, HollowIsNotDecided) {
  const PlotRow row = {.label = "a", .ratio = 1.1, .low = 0.9, .high = 1.3, .is_decided = false};
  EXPECT_THAT(interval_plot({row}, plain), HasSubstr("o"));
  EXPECT_THAT(interval_plot({row}, {.columns = 60}), HasSubstr("○"));
}

TEST(IntervalPlot, AnEndThatIsNotBoundedIsAnArrow) {
  const auto lines =
      lines_of(interval_plot({{.label = "a", .ratio = 2, .low = 1.5, .high = infinity},
                              {.label = "b", .ratio = 2, .low = 0, .high = 3},
                              {.label = "c", .ratio = 2, .low = 0, .high = infinity}},
                             plain));
  EXPECT_TRUE(lines[0].ends_with(">")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("b  <")) << lines[1];
  EXPECT_THAT(lines[2], Not(HasSubstr("-"))) << "no interval";
  EXPECT_THAT(lines[2], HasSubstr("*"));
}

TEST(IntervalPlot, KeepsWithinItsColumns) {
  const std::vector<PlotRow> rows = {
      {.label = std::string(200, 'x'), .ratio = 1e9, .low = 1e-9, .high = 1e12},
      {.label = "Größe", .ratio = 1, .low = 1, .high = 1},
      {.label = "nothing", .ratio = std::nan(""), .low = 0, .high = infinity}};
  for (const std::size_t columns : {20u, 40u, 80u, 200u})
    for (const bool is_unicode : {false, true})
      for (const std::string& line : lines_of(interval_plot(rows, {columns, is_unicode})))
        EXPECT_LE(text_columns(line), std::max<std::size_t>(columns, 24)) << line;
}

TEST(IntervalPlot, IsAsciiWhereUnicodeIsNot) {
  const std::string text =
      interval_plot({{.label = "a", .ratio = 1.2, .low = 1.1, .high = 1.3}}, plain);
  EXPECT_THAT(text, Each(testing::Lt('\x7f')));
  EXPECT_THAT(text, Each(testing::Ge('\n')));
}

TEST(IntervalPlot, OfNothingIsNothing) { EXPECT_EQ(interval_plot({}, plain), ""); }

TEST(IntervalPlot, NarrowRangesHaveTicksToo) {
  const auto lines =
      lines_of(interval_plot({{.label = "a", .ratio = 1.01, .low = 0.99, .high = 1.03}}, plain));
  EXPECT_THAT(lines.back(), HasSubstr("1.02"));
}

TEST(Terminal, CutsTextByCharacters) {
  EXPECT_EQ(cut_to_columns("Größe", 5), "Größe");
  EXPECT_EQ(cut_to_columns("Größen und mehr", 8), "Größe...");
  EXPECT_EQ(cut_to_columns("abcdef", 2), "..");
  EXPECT_EQ(cut_to_columns("abcdef", 0), "");
  EXPECT_EQ(text_columns("Größe"), 5u);
}

}  // namespace
}  // namespace parlab
