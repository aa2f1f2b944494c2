#include "kernels/network/crawler/references/character_references.hpp"

#include <gtest/gtest.h>

namespace parlab {
namespace {

std::string in_text(std::string_view raw) { return without_references(raw, false); }
std::string in_attribute(std::string_view raw) { return without_references(raw, true); }

TEST(CharacterReferences, AreAllNamesOfTheStandard) {
  EXPECT_EQ(in_text("&amp;&lt;&gt;&quot;&apos;"), "&<>\"'");
  EXPECT_EQ(in_text("&sol;&num;&quest;&equals;&colon;&period;&percnt;&lowbar;&Tab;&NewLine;"),
            "/#?=:.%_\t\n");
  EXPECT_EQ(in_text("&CounterClockwiseContourIntegral;"), "\u2233");
  EXPECT_EQ(in_text("&Aacute;&zwnj;&zscr;&thetasym;&there4;&frac34;&sup1;"),
            "\u00C1\u200C\U0001D4CF\u03D1\u2234\u00BE\u00B9");
  EXPECT_EQ(in_text("&fjlig;&NotEqualTilde;&acE;"), "fj\u2242\u0338\u223E\u0333");  // two each
  EXPECT_EQ(in_text("&AMP;&LT;&COPY;&Amp;"), "&<\u00A9&Amp;");  // names have a case
}

TEST(CharacterReferences, NeedASemicolonButForTheOldOnes) {
  EXPECT_EQ(in_text("&copy 2&eacute&ampx&sol x&apos x"), "\u00A9 2\u00E9&x&sol x&apos x");
  // The longest name that matches: &not; stands in &notit;, and &notin; is another.
  EXPECT_EQ(in_text("I'm &notit; I tell you"), "I'm \u00ACit; I tell you");
  EXPECT_EQ(in_text("I'm &notin; I tell you"), "I'm \u2209 I tell you");
  EXPECT_EQ(in_text("&ampamp;"), "&amp;");
  EXPECT_EQ(in_text("&no-such; &; & &&amp;&"), "&no-such; &; & &&&");
}

TEST(CharacterReferences, StayInAttributesBeforeLettersDigitsAndEquals) {
  EXPECT_EQ(in_attribute("?a=1&copy=2&lt3&notit;&amp"), "?a=1&copy=2&lt3&notit;&");
  EXPECT_EQ(in_attribute("?a&copy&lt/&copy;=&notin;"), "?a\u00A9</\u00A9=\u2209");
  EXPECT_EQ(in_attribute("&section=1&sect=1&sect;ion=1"), "&section=1&sect=1\u00A7ion=1");
  EXPECT_EQ(in_attribute("?a&region=x&reg_x"), "?a&region=x\u00AE_x");
}

TEST(CharacterReferences, ReplaceNumbersAsTheStandardDoes) {
  EXPECT_EQ(in_text("&#65;&#x42;&#X43;&#68 &#x1F600;"), "ABCD \U0001F600");
  EXPECT_EQ(in_text("&#0;&#xD800;&#xDFFF;&#x110000;&#99999999999999999999;"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(in_text("&#128;&#x9F;&#x81;"), "\u20AC\u0178\u0081");
  EXPECT_EQ(in_text("&#xFFFE;"), "\uFFFE");  // no character, but it stands
  EXPECT_EQ(in_text("&#;&#x;&#xg;&#"), "&#;&#x;&#xg;&#");
  EXPECT_EQ(in_attribute("&#47=&#x2Fa"), "/=\u02FA");
}

TEST(CharacterReferences, TellWhereEachByteStood) {
  const DecodedText decoded = decode_references("a&eacute;b&lt;", true);
  EXPECT_EQ(decoded.text, "a\u00E9b<");
  EXPECT_EQ(decoded.places, (std::vector<std::size_t>{0, 1, 1, 9, 10, 14}));
  EXPECT_TRUE(decode_references("ab", true).places.empty());
}

}  // namespace
}  // namespace parlab
