#include "kernels/base/text/wildcard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parlab {
namespace {

TEST(Wildcard, MatchesWholeTexts) {
  EXPECT_TRUE(matches_whole("*", ""));
  EXPECT_TRUE(matches_whole("http://*/a*b", "http://h/aXbb"));
  EXPECT_TRUE(matches_whole("*.png", "x.png.png"));
  EXPECT_FALSE(matches_whole("*.png", "x.png?y"));
  EXPECT_FALSE(matches_whole("a", "ab"));
  EXPECT_FALSE(matches_whole("a$", "a"));  // nothing else is special
  EXPECT_TRUE(matches_whole("", ""));
  EXPECT_FALSE(matches_whole("", "a"));
}

TEST(Wildcard, MatchesBeginnings) {
  EXPECT_TRUE(matches_beginning("/a", "/abc"));
  EXPECT_FALSE(matches_beginning("/a$", "/abc"));
  EXPECT_TRUE(matches_beginning("/*c$", "/abc"));
}

TEST(Wildcard, TakesNoLongerThanTheProductOfBothLengths) {
  std::string pattern, text(3000, 'a');
  for (int i = 0; i < 300; ++i) pattern += "*a";
  EXPECT_TRUE(matches_whole(pattern, text));
  EXPECT_FALSE(matches_whole(pattern + "b", text));
}

}  // namespace
}  // namespace parlab
