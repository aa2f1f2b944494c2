#include "kernels/network/crawler/parsing/content.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/network/servers/synthetic_site.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;

TEST(LinksOfHtml, FindsThoseThatAPageHas) {
  const PageLinks links = links_of_html(
      "<!doctype html><base href='/base/'><base href=/other/><a href=\"a?b&amp;c\">x"
      "<A HREF=upper><a name=none><map><area href='area'></map><iframe src=frame></iframe>"
      "<link rel=stylesheet href=style><link rel=next href=next><a rel='nofollow' href=not>"
      "<meta http-equiv=refresh content=\"3; URL='moved'\"><!-- <a href=comment> -->"
      "<script>'<a href=script>'</script><a href=''>");
  EXPECT_EQ(links.base, "/base/");
  EXPECT_THAT(links.references, ElementsAre("a?b&c", "upper", "area", "frame", "next", "moved"));
}

TEST(LinksOfHtml, ObeysNofollow) {
  EXPECT_TRUE(
      links_of_html("<a href=a><meta name=ROBOTS content='noindex, nofollow'>").references.empty());
}

TEST(LinksOfHtml, ReadsRobotsAndRelAsSetsOfWords) {
  for (const char* open :
       {"max-image-preview:none", "index,follow", "nofollowers", "max-snippet:-1"})
    EXPECT_THAT(links_of_html("<meta name=robots content='" + std::string(open) + "'><a href=a>")
                    .references,
                ElementsAre("a"))
        << open;
  for (const char* shut : {"NONE", "noindex,nofollow", "all , NoFollow", "nofollow noindex"})
    EXPECT_TRUE(links_of_html("<meta name=robots content='" + std::string(shut) + "'><a href=a>")
                    .references.empty())
        << shut;
  EXPECT_THAT(links_of_html("<a rel='x-nofollow' href=a><a rel='noopener\tNOFOLLOW' href=b>"
                            "<link rel='alternate next' href=c><link rel=nextone href=d>")
                  .references,
              ElementsAre("a", "c"));
}

TEST(LinksOfHtml, ObeysAMetaOfOurName) {
  EXPECT_TRUE(
      links_of_html("<meta name=ParLab content=nofollow><a href=a>", "parlab").references.empty());
  EXPECT_THAT(links_of_html("<meta name=other content=nofollow><a href=a>", "parlab").references,
              ElementsAre("a"));
}

TEST(LinksOfHtml, TakesEveryLinkOfALongPage) {
  std::string page;
  for (int i = 0; i < 50'000; ++i) page += "<a href=" + std::to_string(i) + ">x</a>";
  const PageLinks links = links_of_html(page);
  ASSERT_EQ(links.references.size(), 50'000U);
  EXPECT_EQ(links.references.back(), "49999");
}

TEST(LinksOfHtml, KeepsGoodBytesBesideBadOnes) {
  EXPECT_THAT(
      links_of_html("<meta charset=latin1><a href='/\xEF\xBF\xBD'>x</a><a href='/\xC3\xA9'>x")
          .references,
      ElementsAre("/\xEF\xBF\xBD", "/\xC3\xA9"));
}

TEST(LinksOfHtml, FollowsARefreshAsBrowsersDo) {
  const auto target = [](const std::string& content) {
    const PageLinks links = links_of_html("<meta http-equiv=Refresh content=\"" + content + "\">");
    return links.references.empty() ? "none" : links.references.front();
  };
  for (const char* same :
       {"0;url=/a", " 3 ; URL = '/a' b", "0,/a", "1 /a", "0.5;url=/a", "2;UrL='/a"})
    EXPECT_EQ(target(same), "/a") << same;
  for (const char* none : {"5", "", "url=/a", "x;url=/a", "3;", "3a;url=/a"})
    EXPECT_EQ(target(none), "none") << none;
  EXPECT_EQ(target("0;urls"), "urls");
}

TEST(SaysNofollow, ReadsTheFieldAsASetForEachCrawler) {
  for (const char* shut :
       {"nofollow", "noindex, NOFOLLOW", "none", "parlab: nofollow", "max-snippet: 3, nofollow",
        "ParLab: noindex, nofollow", "unavailable_after: 25 Jun 2010 15:00:00 PST, none"})
    EXPECT_TRUE(says_nofollow(shut, "parlab")) << shut;
  for (const char* open : {"", "noindex", "max-image-preview:none", "other: nofollow",
                           "other: noindex, nofollow", "nofollowing", "unavailable_after: none"})
    EXPECT_FALSE(says_nofollow(open, "parlab")) << open;
}

TEST(LinksOfHtml, SurvivesAnyBytes) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "<div><a href=x>";
  EXPECT_GT(links_of_html(nested).references.size(), 0U);
  std::string binary;
  for (int i = 0; i < 100'000; ++i) binary += static_cast<char>(i * 7919 >> 3);
  links_of_html(binary);
  EXPECT_THAT(links_of_html("<meta charset=no-such><p>\xFF\xFE<a href=\"caf\xE9\">").references,
              testing::SizeIs(1));
  EXPECT_TRUE(links_of_html("").references.empty());
}

TEST(InflateBody, UndoesWhatServersDo) {
  std::string out;
  EXPECT_EQ(inflate_body("", "plain", 10, out), InflateResult::ok);
  EXPECT_EQ(out, "plain");
  EXPECT_EQ(inflate_body("GZIP", gzip("text") + gzip(" and more"), 100, out), InflateResult::ok);
  EXPECT_EQ(out, "text and more");
  const std::string bare = gzip("bare").substr(10);  // without the header of gzip
  EXPECT_EQ(inflate_body("deflate", bare, 100, out), InflateResult::ok);
  EXPECT_EQ(out, "bare");
}

TEST(InflateBody, PassesOverWhatFollowsAWholeStream) {
  std::string out;
  for (const std::string& tail : {std::string(512, '\0'), std::string("\r\n"),
                                  std::string("<!-- x -->"), std::string("\x1F")}) {
    EXPECT_EQ(inflate_body("gzip", gzip("text") + tail, 100, out), InflateResult::ok);
    EXPECT_EQ(out, "text");
  }
  for (const char* coding : {"gzip", "deflate", "br"}) {
    EXPECT_EQ(inflate_body(coding, "", 100, out), InflateResult::ok) << coding;
    EXPECT_EQ(out, "");
  }
}

TEST(InflateBody, TakesWhatIsNoCodingForNone) {
  std::string out;
  for (const char* coding : {"none", "UTF-8", "binary", "ISO-8859-1", "identity", "8bit"}) {
    EXPECT_EQ(inflate_body(coding, "plain", 100, out), InflateResult::ok) << coding;
    EXPECT_EQ(out, "plain");
  }
  for (const char* coding : {"br", "zstd", "compress", "no-such"})
    EXPECT_EQ(inflate_body(coding, "plain", 100, out), InflateResult::malformed) << coding;
}

TEST(InflateBody, UndoesSeveralCodingsLastFirst) {
  std::string out;
  EXPECT_EQ(inflate_body("gzip, gzip", gzip(gzip("text")), 100, out), InflateResult::ok);
  EXPECT_EQ(out, "text");
  EXPECT_EQ(inflate_body("identity , gzip", gzip("text"), 100, out), InflateResult::ok);
  EXPECT_EQ(out, "text");
  EXPECT_EQ(inflate_body("br, gzip", gzip("text"), 100, out), InflateResult::malformed);
}

TEST(InflateBody, RefusesBombsAndScraps) {
  std::string out;
  std::string much;
  much.resize(50'000'000, 'x');
  const std::string bomb = gzip(much);
  EXPECT_LT(bomb.size(), 1'000'000U);
  EXPECT_EQ(inflate_body("gzip", bomb, 1'000'000, out), InflateResult::too_big);
  EXPECT_LT(out.size(), 2'000'000U);
  const std::string whole = gzip("a text that is long enough to be cut");
  EXPECT_EQ(inflate_body("gzip", whole.substr(0, whole.size() - 9), 1000, out),
            InflateResult::malformed);
  EXPECT_EQ(inflate_body("gzip", "no gzip", 1000, out), InflateResult::malformed);
  EXPECT_EQ(inflate_body("br", "?", 1000, out), InflateResult::malformed);
  EXPECT_EQ(inflate_body("", "123456", 5, out), InflateResult::too_big);
}

}  // namespace
}  // namespace parlab
