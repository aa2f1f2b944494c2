#include "kernels/network/crawler/parsing/content_coding.hpp"

#include <gtest/gtest.h>

#include "kernels/network/servers/synthetic_site.hpp"

namespace parlab {
namespace {

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
