#include "kernels/network/crawler/parsing/robots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "kernels/network/crawler/fetching/retry.hpp"

namespace parlab {
namespace {

bool allows(std::string_view robots, std::string_view target) {
  return Robots::parse(robots, "parlab").allows(target);
}

TEST(Robots, TakesOurGroupBeforeEveryones) {
  constexpr std::string_view text =
      "User-agent: *\nDisallow: /\n\nUser-Agent: other\nUser-agent: ParLab/1.0\nDisallow: /a\n";
  EXPECT_TRUE(allows(text, "/b"));
  EXPECT_FALSE(allows(text, "/a"));
  EXPECT_FALSE(Robots::parse(text, "another").allows("/b"));
  EXPECT_TRUE(allows("", "/"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow:\n", "/"));
}

TEST(Robots, JoinsGroupsOfOneName) {
  EXPECT_FALSE(
      allows("User-agent: parlab\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\n"
             "User-agent: parlab\nDisallow: /b\n",
             "/b"));
}

TEST(Robots, LetsTheLongestRuleDecide) {
  constexpr std::string_view text =
      "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c\nAllow: /same\nDisallow: /same\n";
  EXPECT_FALSE(allows(text, "/a/x"));
  EXPECT_TRUE(allows(text, "/a/b"));
  EXPECT_FALSE(allows(text, "/a/b/c"));
  EXPECT_TRUE(allows(text, "/same"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow: /\n", "/robots.txt"));
}

TEST(Robots, KnowsStarAndDollar) {
  constexpr std::string_view text = "user-agent:*\ndisallow:*.pdf$\ndisallow:/a*z # why\n";
  EXPECT_FALSE(allows(text, "/x/y.pdf"));
  EXPECT_TRUE(allows(text, "/x/y.pdf?z"));
  EXPECT_FALSE(allows(text, "/abcz/more"));
  EXPECT_TRUE(allows(text, "/abc"));
}

TEST(Robots, ComparesEscapesByWhatTheyMean) {
  constexpr std::string_view text =
      "User-agent: *\nDisallow: /%7euser/\xC3\xA9\nDisallow: /b%2fc\n";
  EXPECT_FALSE(allows(text, "/~user/%C3%A9"));
  EXPECT_FALSE(allows(text, "/b%2Fc"));
  EXPECT_TRUE(allows(text, "/b/c"));
}

TEST(Robots, KnowTheAgentByItsProductToken) {
  for (const char* agent : {"parlab", "parlab/0.1", "parlab (+https://example.com/)", "parlab/2 x"})
    EXPECT_EQ(product_of(agent), "parlab") << agent;
  EXPECT_EQ(product_of(""), "");
}

TEST(Robots, TakesAnEscapedMarkForItself) {
  constexpr std::string_view text =
      "User-agent: *\nDisallow: /file-with-a-%2A.html\nDisallow: /foo-%24\nDisallow: /a$b\n";
  EXPECT_FALSE(allows(text, "/file-with-a-*.html"));
  EXPECT_FALSE(allows(text, "/file-with-a-%2a.html"));
  EXPECT_TRUE(allows(text, "/file-with-a-x.html"));
  EXPECT_FALSE(allows(text, "/foo-$"));
  EXPECT_FALSE(allows(text, "/foo-%24x"));
  EXPECT_TRUE(allows(text, "/foo-"));
  EXPECT_FALSE(allows(text, "/a$b"));
  EXPECT_FALSE(allows("User-agent: *\nDisallow: /*.php$\n", "/$*.php"));
}

TEST(Robots, ComparesBytesThatAddressesNeedNotEscape) {
  const std::string bytes = "<>\"[]{}|^`\\\\";
  EXPECT_FALSE(allows("User-agent: *\nDisallow: /a" + bytes + "b\n",
                      "/a%3C%3E%22%5B%5D%7B%7D%7C%5E%60%5C%5Cb"));
  EXPECT_FALSE(allows("User-agent: *\nDisallow: /a%7Cb%5b\n", "/a|b["));
  EXPECT_FALSE(allows("User-agent: *\nDisallow: /?x=%7b%7D\n", "/?x={}"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow: /a|c\n", "/a|b"));
}

TEST(Robots, LetsOnlyRulesEndTheNamesOfAGroup) {
  const Robots robots = Robots::parse(
      "User-agent: parlab\nCrawl-delay: 3\nSitemap: http://h/s\nUser-agent: x\nDisallow: /a\n",
      "parlab");
  EXPECT_FALSE(robots.allows("/a"));
  EXPECT_EQ(robots.crawl_delay(), std::chrono::duration<double>(3));
}

TEST(Robots, CountsEveryRuleOfALongFile) {
  std::string text = "User-agent: *\n";
  for (int i = 0; i < 20'000; ++i) text += "Disallow: /p" + std::to_string(i) + "/\n";
  EXPECT_FALSE(allows(text, "/p19999/"));
}

TEST(Robots, SurvivesWhatIsNoRobots) {
  constexpr char odd[] = "\0\xFF<html>\r\r\n:::\nDisallow: /\n";
  EXPECT_TRUE(allows(std::string(odd, sizeof odd - 1), "/"));
  std::string huge = "User-agent: *\nDisallow: /a\n";
  while (huge.size() < 2 * max_of_robots) huge += "Disallow: /x*x*x*x*x*x*x*y\n";
  EXPECT_FALSE(allows(huge, "/a"));
  // Stars that match in many ways must not take exponential time.
  EXPECT_TRUE(allows(huge, "/" + std::string(8000, 'z')));
}

TEST(Robots, ReadsDelayAndSitemaps) {
  const Robots robots = Robots::parse(
      "Sitemap: http://h/s.xml\nUser-agent: *\nCrawl-delay: 2.5\nDisallow: /a\n", "parlab");
  EXPECT_EQ(robots.crawl_delay(), std::chrono::duration<double>(2.5));
  EXPECT_THAT(robots.sitemaps(), testing::ElementsAre("http://h/s.xml"));
  EXPECT_EQ(Robots::parse("User-agent: *\nCrawl-delay: 1e99\n", "p").crawl_delay(),
            std::chrono::duration<double>(60));
}

TEST(RetryAfter, TakesSecondsAndDates) {
  using std::chrono::seconds;
  constexpr std::time_t now = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(retry_after("120", now), seconds(120));
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), seconds(60));
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), seconds(0));
  EXPECT_EQ(retry_after("Sunday, 06-Nov-94 08:50:37 GMT", now), seconds(60));
  EXPECT_EQ(retry_after("Sun Nov  6 08:50:37 1994", now), seconds(60));
  EXPECT_GE(retry_after("99999999999999999999999", now), seconds(1'000'000));
  for (const char* bad : {"", "-1", "soon", "1.5", "Sun, 99 Nov 1994"})
    EXPECT_FALSE(retry_after(bad, now)) << bad;
}

}  // namespace
}  // namespace parlab
