#include "kernels/network/crawler/references/html_references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> urls_of(std::string_view html) {
  std::vector<std::string> urls;
  for (const Reference& reference : references_of_html(html).references)
    urls.push_back(reference.url);
  return urls;
}

/// What stands in the page where the reference is said to stand.
std::vector<std::string> places_of(std::string_view html) {
  std::vector<std::string> places;
  for (const Reference& reference : references_of_html(html).references)
    places.emplace_back(html.substr(reference.begin, reference.end - reference.begin));
  return places;
}

TEST(ReferencesOfHtml, FindsAllThatAPageRefersTo) {
  EXPECT_THAT(
      urls_of("<a href=1><area href=2><iframe src=3></iframe><frame src=4>"
              "<img src=5 longdesc=6 srcset='7 1x, 8 2x'><script src=9></script>"
              "<link rel=stylesheet href=10><link rel=icon href=11>"
              "<audio src=12><video src=13 poster=14><source src=15 srcset=16><track src=17>"
              "<embed src=18><object data=19><form action=20><button formaction=21>"
              "<input src=22 formaction=23><blockquote cite=24><body background=25>"
              "<meta http-equiv=refresh content='0; url=26'><p style='background:url(27)'>"
              "<style>@import '28'; p { background: url(29) }</style>"
              "<svg><image xlink:href=30><use href='31#x'></svg>"
              "<meta property=og:image content=32>"),
      ElementsAre("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
                  "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28",
                  "29", "30", "31#x", "32"));
}

TEST(ReferencesOfHtml, LeavesOutWhatNamesNoAddress) {
  EXPECT_THAT(urls_of("<link rel=preconnect href=//h><link rel='x DNS-prefetch' href=//h><a>"
                      "<a href><img src=''><form action=\"\"><meta name=x content=y><p href=z>"
                      "<meta http-equiv=refresh content=5><a name=n><script>'<a href=x>'</script>"
                      "<!-- <a href=x> --><textarea><a href=x></textarea>"),
              IsEmpty());
}

TEST(ReferencesOfHtml, UndoesCharacterReferences) {
  EXPECT_THAT(urls_of("<a href='?a=1&amp;b=2'><a href='?a=1&copy=2&lt=3'><a href='&#x2F;x&#47;'>"
                      "<a href='&eacute;'><p style=\"background:url(&quot;a b&quot;)\">"),
              ElementsAre("?a=1&b=2", "?a=1&copy=2&lt=3", "/x/", "\xC3\xA9", "a b"));
}

TEST(ReferencesOfHtml, KnowsWhereEachStands) {
  EXPECT_THAT(places_of("<a href=\"x?a&amp;b\">\n<img srcset='a&amp;b 1x,\n c 2x'>"
                        "<p style='x:url(&quot;q&amp;&quot;)'><style>@import \"i\"</style>"
                        "<meta http-equiv=refresh content='1; URL=\"r\"'>"),
              ElementsAre("x?a&amp;b", "a&amp;b", "c", "q&amp;", "i", "r"));
  const auto found = references_of_html("<a\nhref=a>\n\n<img\r\nsrc='b'><a href=c\n>").references;
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].line, 2U);
  EXPECT_EQ(found[1].line, 5U);
  EXPECT_EQ(found[2].line, 5U);
}

TEST(ReferencesOfHtml, TellsUses) {
  using Use = ReferenceUse;
  const auto found =
      references_of_html(
          "<a href=x rel='x NoFollow'><img src=x><link rel='Alternate Stylesheet' "
          "href=x><form action=x><link rel=next href=x><style>@import url(x)</style>")
          .references;
  std::vector<Use> uses;
  for (const Reference& reference : found) uses.push_back(reference.use);
  EXPECT_THAT(uses,
              ElementsAre(Use::page, Use::resource, Use::style, Use::form, Use::page, Use::style));
  EXPECT_TRUE(found[0].is_nofollow);
  EXPECT_FALSE(found[1].is_nofollow);
  EXPECT_TRUE(found[5].is_import);
}

TEST(ReferencesOfHtml, GivesTheTextOfALink) {
  const auto found =
      references_of_html(
          "<a href=a title=t>\n one <b>two</b>&amp;<img alt=three src=i>  </a>no<a href=b>"
          "b<a href=c>c</a><img src=d alt='a &lt; b'><a href=e><script>x</script></a>")
          .references;
  std::vector<std::string> texts;
  for (const Reference& reference : found) texts.push_back(reference.text);
  EXPECT_THAT(texts, ElementsAre("one two&three", "three", "b", "c", "a < b", ""));
  const std::string page = "<a href=x>" + std::string(100'000, 'y') + "</a>";
  EXPECT_LT(references_of_html(page).references.at(0).text.size(), 200U);
}

TEST(ReferencesOfHtml, TakesTheFirstBaseAndAllAnchors) {
  const std::string page =
      "<p id=a><base target=x><BASE HREF='/b&amp;/'><base href=/c/>"
      "<a name='d&#101;'><map name=f><form name=g><input id=''>";
  const PageReferences found = references_of_html(page);
  EXPECT_EQ(found.base, "/b&/");
  EXPECT_EQ(page.substr(found.base_begin, found.base_end - found.base_begin), "/b&amp;/");
  EXPECT_THAT(found.anchors, ElementsAre("a", "de", "f"));
}

TEST(ReferencesOfHtml, FindsNothingInAttributesWithoutAValue) {
  const PageReferences found = references_of_html(
      "<base href><a href id name>x</a><img src srcset style><meta property=og:url content>"
      "<link rel=preconnect href><link rel=stylesheet href><form action>");
  EXPECT_THAT(found.references, IsEmpty());
  EXPECT_THAT(found.anchors, IsEmpty());
  EXPECT_THAT(found.online_only, IsEmpty());
  EXPECT_EQ(found.base_begin, found.base_end);
}

TEST(ReferencesOfHtml, ReadsXhtml) {
  EXPECT_EQ(references_of_html("<script src='a'/><a href='b'/>", true).references.size(), 2U);
  EXPECT_EQ(references_of_html("<script src='a'/><a href='b'/>").references.size(), 1U);
}

TEST(ReferencesOfStyleSheet, KnowsPlaces) {
  const std::string css = "p { }\n@import 'a.css';\nq { background: url( \"b.png\" ) }";
  const auto found = references_of_style_sheet(css).references;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].line, 2U);
  EXPECT_EQ(found[0].use, ReferenceUse::style);
  EXPECT_EQ(found[1].use, ReferenceUse::resource);
  EXPECT_EQ(css.substr(found[1].begin, found[1].end - found[1].begin), "b.png");
}

TEST(RefreshTarget, IsReadAsBrowsersDo) {
  EXPECT_EQ(refresh_target("5;url=x"), "x");
  EXPECT_EQ(refresh_target(" 0.5 , URL = 'x y' z"), "x y");
  EXPECT_EQ(refresh_target("0;x"), "x");
  EXPECT_EQ(refresh_target("5"), "");
  EXPECT_EQ(refresh_target("x;url=y"), "");
}

}  // namespace
}  // namespace parlab
