#include "kernels/network/crawler/references/css_references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/network/crawler/references/srcset.hpp"

namespace parlab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> urls_of_css(std::string_view css) {
  std::vector<std::string> urls;
  for (const CssReference& reference : references_of_css(css))
    urls.push_back((reference.is_import ? "import " : "") + reference.url);
  return urls;
}

TEST(CssReferences, FindsUrlsAndImports) {
  EXPECT_THAT(
      urls_of_css("@charset 'x'; @import \"a\"; @IMPORT url(b) screen; @import\nurl( 'c' );"
                  "p{background:URL(d),url(\"e f\")} @font-face{src:url( g\t) format('h')}"),
      ElementsAre("import a", "import b", "import c", "d", "e f", "g"));
}

TEST(CssReferences, PassesOverCommentsAndStrings) {
  EXPECT_THAT(urls_of_css("/* url(a) */ p::after{content:'url(b)'} /* url(c)"), IsEmpty());
  EXPECT_THAT(urls_of_css("my-url(a) curl(b) url (c) url() url('')"), IsEmpty());
  EXPECT_THAT(urls_of_css("@import/**/'a';@import b 'c'"), ElementsAre("import a"));
}

TEST(CssReferences, UndoesEscapes) {
  EXPECT_THAT(urls_of_css("url(a\\ b\\)) url(\\(x\\') url('c\\'d') url(\\66 oo) url('e\\\nf')"),
              ElementsAre("a b)", "(x'", "c'd", "foo", "ef"));
}

TEST(CssReferences, DropsWhatIsSpoiled) {
  EXPECT_THAT(urls_of_css("url(a b) url(c'd) url(f) url('e\n;url(g)"), ElementsAre("f", "g"));
  EXPECT_THAT(urls_of_css("url(open"), ElementsAre("open"));
  EXPECT_THAT(urls_of_css("url('open"), ElementsAre("open"));
  for (const char* css : {"", "\\", "url(", "url('", "@", "@import", "url(\\", "/*", "'", "/"})
    urls_of_css(css);
}

std::vector<std::string> candidates(std::string_view srcset) {
  std::vector<std::string> urls;
  for (const SrcsetCandidate& candidate : candidates_of_srcset(srcset)) {
    EXPECT_EQ(srcset.substr(candidate.begin, candidate.url.size()), candidate.url);
    urls.emplace_back(candidate.url);
  }
  return urls;
}

TEST(Srcset, ReadsCandidatesAsBrowsersDo) {
  EXPECT_THAT(candidates("a.png, b.png 2x,c.png 3x"), ElementsAre("a.png", "b.png", "c.png"));
  EXPECT_THAT(candidates("  ,a,b 1x ,\n\tc 100w (x, y), d"), ElementsAre("a,b", "c", "d"));
  EXPECT_THAT(candidates("data:image/png;base64,AA 1x, e,,"),
              ElementsAre("data:image/png;base64,AA", "e"));
  EXPECT_THAT(candidates(" , "), IsEmpty());
  EXPECT_THAT(candidates(""), IsEmpty());
}

}  // namespace
}  // namespace parlab
