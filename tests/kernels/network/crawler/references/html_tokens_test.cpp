#include "kernels/network/crawler/references/html_tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlab {
namespace {

using testing::ElementsAre;

/// As "<a href=x>", "text", "</a>": attributes with their raw values.
std::vector<std::string> tokens_of(std::string_view page, bool is_xml = false) {
  HtmlTokens tokens(page, is_xml);
  std::vector<std::string> told;
  for (HtmlToken token = tokens.next(); token.kind != HtmlToken::Kind::end; token = tokens.next()) {
    if (token.kind == HtmlToken::Kind::text) {
      told.emplace_back(token.raw);
      continue;
    }
    std::string text = (token.kind == HtmlToken::Kind::end_tag ? "</" : "<") + token.name;
    for (const HtmlAttribute& attribute : token.attributes)
      text += " " + attribute.name + "=" + std::string(attribute.raw);
    told.push_back(text + ">");
  }
  return told;
}

TEST(HtmlTokens, ReadsQuotesAsBrowsersDo) {
  EXPECT_THAT(tokens_of("<A HREF=\"a > b\" x='\"' y=z/>t</A >"),
              ElementsAre("<a href=a > b x=\" y=z/>", "t", "</a>"));
  EXPECT_THAT(tokens_of("<a\n href\t=\n'x'b=c =d e>"), ElementsAre("<a href=x b=c =d= e=>"));
  EXPECT_THAT(tokens_of("<a href=a href=b HREF=c>"), ElementsAre("<a href=a>"));
  EXPECT_THAT(tokens_of("<br/><a/href=x>"), ElementsAre("<br>", "<a href=x>"));
  EXPECT_THAT(tokens_of("<a href=>x"), ElementsAre("<a href=>", "x"));
}

TEST(HtmlTokens, PassesOverComments) {
  EXPECT_THAT(tokens_of("a<!-- <b> --><c>"), ElementsAre("a", "<c>"));
  EXPECT_THAT(tokens_of("<!--><c>--><!---><d><!-- x --!><e>"),
              ElementsAre("<c>", "-->", "<d>", "<e>"));
  EXPECT_THAT(tokens_of("<!doctype html><?php x ?></ ><!x><f>"), ElementsAre("<f>"));
  EXPECT_THAT(tokens_of("<g><!-- <a href=x>"), ElementsAre("<g>"));
}

TEST(HtmlTokens, TakesWhatIsNoTagForText) {
  EXPECT_THAT(tokens_of("1 < 2 <3 <"), ElementsAre("1 < 2 <3 <"));
  EXPECT_THAT(tokens_of("<a href=x"), ElementsAre());
  EXPECT_THAT(tokens_of("<a href='x"), ElementsAre());
  EXPECT_THAT(tokens_of("</"), ElementsAre("</"));
  EXPECT_THAT(tokens_of(""), ElementsAre());
}

TEST(HtmlTokens, KeepsScriptsAndStylesWhole) {
  EXPECT_THAT(tokens_of("<script>'<a href=x>' </scripty></SCRIPT ><b>"),
              ElementsAre("<script>", "'<a href=x>' </scripty>", "</script>", "<b>"));
  EXPECT_THAT(tokens_of("<style></style><textarea><i></textarea>"),
              ElementsAre("<style>", "</style>", "<textarea>", "<i>", "</textarea>"));
  EXPECT_THAT(tokens_of("<title><b>"), ElementsAre("<title>", "<b>"));
}

TEST(HtmlTokens, ReadsElementsWithoutContentInXml) {
  EXPECT_THAT(tokens_of("<script src=\"x\"/><a>", true), ElementsAre("<script src=x>", "<a>"));
  EXPECT_THAT(tokens_of("<script src=\"x\"/><a>"), ElementsAre("<script src=x>", "<a>"));
  EXPECT_EQ(tokens_of("<title/><a href=x>", true).back(), "<a href=x>");
}

TEST(HtmlTokens, ReadsCommentsToTheirFirstEnd) {
  EXPECT_THAT(tokens_of("<!-- --!><a><!-- --><b><!--- ->--->c"), ElementsAre("<a>", "<b>", "c"));
  EXPECT_THAT(tokens_of("<!-- --! > --"), ElementsAre());
}

TEST(HtmlTokens, ReadsLongPagesInAsManySteps) {
  // Where each piece made it look at the rest of the page, these would take hours.
  constexpr std::size_t size = 4 << 20;
  for (const char* piece :
       {"<!-- -->", "<!-- --!>", "<!--", "<", "</", "<a ", " a", "<a b='", "<a b=\"'", "<script>",
        "<title></", "<!", "<?", "&", "<a/", "=", "--"}) {
    std::string page = "<p";
    while (page.size() < size) page += piece;
    EXPECT_LE(tokens_of(page).size(), size) << piece;
  }
  std::string tag = "<p";
  for (int i = 0; tag.size() < size; ++i) tag += " a" + std::to_string(i);
  EXPECT_EQ(tokens_of(tag + ">").size(), 1U);
}

TEST(HtmlTokens, EndsWhateverTheBytesAre) {
  const std::string signs = "<>/!-='\"a &";
  std::string page;
  std::uint32_t state = 7;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 1664525 + 1013904223;
    page += signs[(state >> 16) % signs.size()];
    if (i % 50 == 0) tokens_of(page.substr(page.size() > 60 ? page.size() - 60 : 0));
  }
  EXPECT_FALSE(tokens_of(page).empty());
}

}  // namespace
}  // namespace parlab
