#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/network/crawler/references/html_references.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;

/// What a crawler follows.
std::vector<std::string> followed(std::string_view html, std::string_view product = {}) {
  const PageReferences found = references_of_html(html, false, product);
  std::vector<std::string> links;
  if (found.is_nofollow) return links;
  for (const Reference& reference : found.references)
    if (reference.is_followed && !reference.is_nofollow && !reference.url.empty())
      links.push_back(reference.url);
  return links;
}

TEST(FollowedLinks, FindsThoseThatAPageHas) {
  const auto links = followed(
      "<!doctype html><base href='/base/'><base href=/other/><a href=\"a?b&amp;c\">x"
      "<A HREF=upper><a name=none><map><area href='area'></map><iframe src=frame></iframe>"
      "<link rel=stylesheet href=style><link rel=next href=next><a rel='nofollow' href=not>"
      "<meta http-equiv=refresh content=\"3; URL='moved'\"><!-- <a href=comment> -->"
      "<script>'<a href=script>'</script><a href=''>");
  EXPECT_THAT(links, ElementsAre("a?b&c", "upper", "area", "frame", "next", "moved"));
}

TEST(FollowedLinks, ObeysNofollow) {
  EXPECT_TRUE(followed("<a href=a><meta name=ROBOTS content='noindex, nofollow'>").empty());
}

TEST(FollowedLinks, ReadsRobotsAndRelAsSetsOfWords) {
  for (const char* open :
       {"max-image-preview:none", "index,follow", "nofollowers", "max-snippet:-1"})
    EXPECT_THAT(followed("<meta name=robots content='" + std::string(open) + "'><a href=a>"),
                ElementsAre("a"))
        << open;
  for (const char* shut : {"NONE", "noindex,nofollow", "all , NoFollow", "nofollow noindex"})
    EXPECT_TRUE(
        followed("<meta name=robots content='" + std::string(shut) + "'><a href=a>").empty())
        << shut;
  EXPECT_THAT(followed("<a rel='x-nofollow' href=a><a rel='noopener\tNOFOLLOW' href=b>"
                       "<link rel='alternate next' href=c><link rel=nextone href=d>"),
              ElementsAre("a", "c"));
}

TEST(FollowedLinks, ObeysAMetaOfOurName) {
  EXPECT_TRUE(followed("<meta name=ParLab content=nofollow><a href=a>", "parlab").empty());
  EXPECT_THAT(followed("<meta name=other content=nofollow><a href=a>", "parlab"), ElementsAre("a"));
}

TEST(FollowedLinks, TakesEveryLinkOfALongPage) {
  std::string page;
  for (int i = 0; i < 50'000; ++i) page += "<a href=" + std::to_string(i) + ">x</a>";
  const auto links = followed(page);
  ASSERT_EQ(links.size(), 50'000U);
  EXPECT_EQ(links.back(), "49999");
}

TEST(FollowedLinks, KeepsGoodBytesBesideBadOnes) {
  EXPECT_THAT(followed("<meta charset=latin1><a href='/\xEF\xBF\xBD'>x</a><a href='/\xC3\xA9'>x"),
              ElementsAre("/\xEF\xBF\xBD", "/\xC3\xA9"));
}

TEST(FollowedLinks, FollowsARefreshAsBrowsersDo) {
  const auto target = [](const std::string& content) {
    const auto links = followed("<meta http-equiv=Refresh content=\"" + content + "\">");
    return links.empty() ? "none" : links.front();
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

TEST(FollowedLinks, SurvivesAnyBytes) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "<div><a href=x>";
  EXPECT_GT(followed(nested).size(), 0U);
  std::string binary;
  for (int i = 0; i < 100'000; ++i) binary += static_cast<char>(i * 7919 >> 3);
  followed(binary);
  EXPECT_THAT(followed("<meta charset=no-such><p>\xFF\xFE<a href=\"caf\xE9\">"),
              testing::SizeIs(1));
  EXPECT_TRUE(followed("").empty());
}

}  // namespace
}  // namespace parlab
