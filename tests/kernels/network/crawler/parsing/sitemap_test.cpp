#include "kernels/network/crawler/parsing/sitemap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/network/servers/synthetic_site.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;

Sitemap read(std::string_view body, std::string_view content_type = "application/xml") {
  return read_sitemap(body, content_type, 1 << 20);
}

TEST(Sitemap, TakesTheTextOfLocations) {
  EXPECT_THAT(read("<urlset><url><loc>http://h/?a&amp;b</loc></url><url><loc>x").locations,
              ElementsAre("http://h/?a&b"));
  EXPECT_THAT(read("<urlset><url><loc>\n http://h/&#45;&#x2D;&lt;&apos;&nbsp;&x&#0;&#xD800; </loc>")
                  .locations,
              ElementsAre("http://h/--<'&nbsp;&x&#0;&#xD800;"));
  EXPECT_THAT(read("<urlset><url><loc><![CDATA[http://h/?a&b&amp;]]></loc></url>").locations,
              ElementsAre("http://h/?a&b&amp;"));
  EXPECT_THAT(read("<urlset><url><loc>http://h/<!-- x -->a</loc></url>").locations,
              ElementsAre("http://h/a"));
}

TEST(Sitemap, ReadsAnyPrefixAndNoPictures) {
  EXPECT_THAT(read("<?xml version='1.0'?><s:urlset xmlns:s='x' xmlns:image='y'><s:url>"
                   "<s:loc>http://h/a</s:loc><image:image><image:loc>http://h/b.png</image:loc>"
                   "</image:image></s:url><!-- <url><loc>http://h/c</loc></url> --></s:urlset>")
                  .locations,
              ElementsAre("http://h/a"));
}

TEST(Sitemap, TellsAnIndex) {
  const Sitemap index =
      read("<ns:sitemapindex><ns:sitemap><ns:loc>http://h/1.gz</ns:loc></ns:sitemap>");
  EXPECT_TRUE(index.is_index);
  EXPECT_THAT(index.locations, ElementsAre("http://h/1.gz"));
  EXPECT_FALSE(read("<urlset><url><loc>http://h/sitemapindex</loc></url>").is_index);
}

TEST(Sitemap, UnpacksGzipWhateverItsType) {
  const std::string packed = gzip("<urlset><url><loc>http://h/a</loc></url></urlset>");
  for (const char* type : {"", "application/x-gzip", "application/xml", "text/plain"})
    EXPECT_THAT(read(packed, type).locations, ElementsAre("http://h/a")) << type;
  std::string many = "<urlset>";
  while (many.size() < 3 << 20) many += "<url><loc>http://h/a</loc></url>";
  EXPECT_LE(read(gzip(many)).locations.size(), (2U << 20) / 30);  // bounded
}

TEST(Sitemap, ReadsTextRssAndAtom) {
  EXPECT_THAT(
      read("\xEF\xBB\xBFhttp://h/a\r\n\nHTTPS://h/b  \nno address\n", "text/plain").locations,
      ElementsAre("http://h/a", "HTTPS://h/b"));
  EXPECT_THAT(read("<rss><channel><link>http://h/</link><item><title>x</title>"
                   "<link>http://h/a</link></item></channel></rss>")
                  .locations,
              ElementsAre("http://h/a"));
  EXPECT_THAT(read("<feed><link href='http://h/'/><entry><link rel='edit' href='http://h/e'/>"
                   "<link href=\"http://h/?a&amp;b\"/></entry></feed>")
                  .locations,
              ElementsAre("http://h/?a&b"));
}

TEST(Sitemap, IsInTheCharsetThatItSays) {
  EXPECT_THAT(
      read("<?xml version='1.0' encoding='ISO-8859-1'?><urlset><url><loc>http://h/\xE9</loc>")
          .locations,
      ElementsAre("http://h/\u00E9"));
  EXPECT_THAT(read("<urlset><url><loc>http://h/\u00E9</loc>").locations,
              ElementsAre("http://h/\u00E9"));
  std::string wide;
  for (const char c : std::string_view("<urlset><url><loc>http://h/a</loc>")) {
    wide += '\0';
    wide += c;
  }
  EXPECT_THAT(read("\xFE\xFF" + wide).locations, ElementsAre("http://h/a"));
}

TEST(Sitemap, SurvivesWhatIsNone) {
  for (const char* text :
       {"", "<", "<loc>", "</loc></url>", "<url><loc>a<url><loc", "<![CDATA[", "&", "<!--",
        "<a <b>", "<!DOCTYPE x [<!ENTITY a \"b\">]><urlset><url><loc>&a;</loc>"})
    EXPECT_LE(read(text).locations.size(), 1U) << text;
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_TRUE(read(deep).locations.empty());
}

}  // namespace
}  // namespace parlab
