#include "kernels/network/crawler/parsing/cookies.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/network/crawler/parsing/date.hpp"

namespace parlab {
namespace {

constexpr std::time_t now = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

/// The header for `target` after the answers of a page have set these.
std::string after(const std::vector<std::string>& fields, std::string_view target = "/",
                  std::string_view page = "/", bool is_secure = false) {
  CookieJar jar;
  for (const std::string& field : fields) jar.take(field, "www.example.com", page, now);
  return jar.header(target, is_secure, now);
}

TEST(CookieJar, SendsWhatApplies) {
  const std::vector<std::string> fields = {"a=1", "b=2; Path=/x; HttpOnly", "c=3; Secure; Path=/",
                                           "no pair", "evil=a\r\nX: y"};
  EXPECT_EQ(after(fields), "a=1");
  EXPECT_EQ(after(fields, "/x/y?z"), "b=2; a=1");
  EXPECT_EQ(after(fields, "/x?y=/"), "b=2; a=1");
  EXPECT_EQ(after(fields, "/xy", "/", true), "a=1; c=3");
}

TEST(CookieJar, ReadsPairsAsBrowsersDo) {
  EXPECT_EQ(after({" a = 1 ; path = / "}), "a=1");
  EXPECT_EQ(after({"a=1=2", "b=\"q\"", "c=", "d=x y,z"}), "a=1=2; b=\"q\"; c=; d=x y,z");
  EXPECT_EQ(after({"caf\xC3\xA9=\xE9"}), "caf\xC3\xA9=\xE9");
  EXPECT_EQ(after({"=1", "a", "", ";", "b=\x7F", "c=\x01"}), "");
  EXPECT_EQ(after({"a=" + std::string(5000, 'x')}), "");
}

TEST(CookieJar, TakesACookieBack) {
  for (const char* gone :
       {"a=; Max-Age=0", "a=x; max-age=-1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=; expires=Sunday, 06-Nov-94 08:49:36 GMT", "a=; Expires=Sun Nov  6 08:49:36 1994",
        "a=; Max-Age=5; Max-Age=0", "a=; Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT"})
    EXPECT_EQ(after({"a=1", "b=2", gone}), "b=2") << gone;
  for (const char* kept :
       {"a=1; Max-Age=1", "a=1; Expires=Sun, 06 Nov 1994 08:49:38 GMT", "a=1; Expires=soon",
        "a=1; Max-Age=x", "a=1; Max-Age=", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9",
        "a=1; Max-Age=99999999999999999999", "a=1; Max-Age=-"})
    EXPECT_EQ(after({kept}), "a=1") << kept;
}

TEST(CookieJar, ForgetsWhatHasExpired) {
  CookieJar jar;
  jar.take("a=1; Max-Age=10", "h", "/", now);
  EXPECT_EQ(jar.header("/", false, now + 9), "a=1");
  EXPECT_EQ(jar.header("/", false, now + 10), "");
}

TEST(CookieJar, IsForTheFolderOfThePageUnlessItSays) {
  EXPECT_EQ(after({"a=1"}, "/docs/x", "/docs/page?q=/z/"), "a=1");
  EXPECT_EQ(after({"a=1"}, "/docs", "/docs/page"), "a=1");
  EXPECT_EQ(after({"a=1"}, "/", "/docs/page"), "");
  EXPECT_EQ(after({"a=1; Path="}, "/", "/docs/page"), "");
  EXPECT_EQ(after({"a=1; Path=x"}, "/", "/docs/page"), "");
  EXPECT_EQ(after({"a=1; Path=/"}, "/", "/docs/page"), "a=1");
  EXPECT_EQ(after({"a=1"}, "/other", "/page"), "a=1");
}

TEST(CookieJar, KeepsOneNameOnTwoPathsLongestFirst) {
  const std::vector<std::string> fields = {"a=root; Path=/", "b=2; Path=/x", "a=deep; Path=/x/y",
                                           "b=3; Path=/x", "c=4; Path=/x"};
  EXPECT_EQ(after(fields, "/x/y"), "a=deep; b=3; c=4; a=root");
  EXPECT_EQ(after(fields, "/x"), "b=3; c=4; a=root");
}

TEST(CookieJar, RefusesWhatIsMeantForOthers) {
  for (const char* own : {"a=1; Domain=example.com", "a=1; Domain=.Example.COM",
                          "a=1; Domain=www.example.com", "a=1; Domain="})
    EXPECT_EQ(after({own}), "a=1") << own;
  for (const char* other :
       {"a=1; Domain=ample.com", "a=1; Domain=other.com", "a=1; Domain=x.www.example.com"})
    EXPECT_EQ(after({other}), "") << other;
  CookieJar jar;
  EXPECT_FALSE(jar.take("a=1; Domain=0.0.1", "127.0.0.1", "/", now));
  EXPECT_TRUE(jar.take("a=1; Domain=127.0.0.1", "127.0.0.1", "/", now));
}

TEST(CookieJar, SaysWhetherItChanged) {
  CookieJar jar;
  EXPECT_TRUE(jar.take("a=1", "h", "/", now));
  EXPECT_FALSE(jar.take("a=1", "h", "/", now));
  EXPECT_TRUE(jar.take("a=2", "h", "/", now));
  EXPECT_TRUE(jar.take("a=; Max-Age=0", "h", "/", now));
  EXPECT_FALSE(jar.take("a=; Max-Age=0", "h", "/", now));
}

TEST(CookieJar, KeepsTheNewestOfMany) {
  std::vector<std::string> fields;
  for (int i = 0; i < 1000; ++i) fields.push_back("n" + std::to_string(i) + "=v");
  const std::string header = after(fields);
  EXPECT_LT(header.size(), 1000U);
  EXPECT_NE(header.find("n999=v"), std::string::npos);
}

TEST(ParseDate, ReadsTheFormsOfServers) {
  for (const char* same :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "Sun, 6-November-1994 8:49:37", "1994 nov 06 08:49:37",
        "08:49:37 6 Nov 94", "Sun,06 Nov 1994 08:49:37 +0000"})
    EXPECT_EQ(parse_date(same), now) << same;
  EXPECT_EQ(parse_date("Thu, 01-Jan-70 00:00:01 GMT"), 1);
  EXPECT_EQ(parse_date("Mon, 29 Feb 2016 00:00:00 GMT"), 1'456'704'000);
  for (const char* bad :
       {"", "soon", "Sun, 06 Nov 1994", "06 Nov 08:49:37", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1600 08:00:00 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT", "Tue, 30 Feb 2016 00:00:00 GMT", "123:45:67 6 Nov 1994",
        "Sun, 06 Nov 19945 08:49:37 GMT"})
    EXPECT_FALSE(parse_date(bad)) << bad;
}

}  // namespace
}  // namespace parlab
