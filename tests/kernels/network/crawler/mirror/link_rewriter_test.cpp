#include "kernels/network/crawler/mirror/link_rewriter.hpp"

#include <gtest/gtest.h>

#include <map>

namespace parlab {
namespace {

/// A page at http://h/d/p, file h/d/p.html, with some neighbours in the mirror.
std::string in_mirror(const std::string& html, const std::string& type = "text/html") {
  const std::map<std::string, std::string> files = {{"http://h/d/p", "h/d/p.html"},
                                                    {"http://h/d/q?a&b", "h/d/q@a&b.html"},
                                                    {"http://h/x.png", "h/x.png"},
                                                    {"http://cdn/s.css", "cdn/s.css"},
                                                    {"http://h/s%20(1),2.png", "h/s (1),2.png"}};
  ReadPage page(Address::parse("http://h/d/p").value(), type, html);
  return rewritten(page, "h/d/p.html",
                   [&](const Address& address, const Reference&) -> std::optional<std::string> {
                     const auto found = files.find(address.text());
                     if (found == files.end()) return std::nullopt;
                     return found->second;
                   });
}

TEST(LinkRewriter, NamesFilesByTheirWay) {
  EXPECT_EQ(relative_reference("h/a/x.html", "h/b/c.html"), "../b/c.html");
  EXPECT_EQ(relative_reference("h/x.html", "h/x.html"), "x.html");
  EXPECT_EQ(relative_reference("h/a/b/c", "g/d"), "../../../g/d");
  EXPECT_EQ(relative_reference("h/ab", "h/a"), "a");
  EXPECT_EQ(relative_reference("h/a", "h/a b%#?:.x"), "a%20b%25%23%3F%3A.x");
}

TEST(LinkRewriter, RewritesWhatTheMirrorHas) {
  EXPECT_EQ(in_mirror("<a href='q?a&amp;b#f'>x</a><img src=/x.png>"),
            "<a href='q@a%26b.html#f'>x</a><img src=../x.png>");
  EXPECT_EQ(in_mirror("<a href=#f><a href=p><a href=\"http://h/d/p#f\">"),
            "<a href=#f><a href=p.html><a href=\"#f\">");
  EXPECT_EQ(in_mirror("<img srcset='/s%20(1),2.png 1x, /x.png 2x'>"),
            "<img srcset='../s%20%281%29%2C2.png 1x, ../x.png 2x'>");
  EXPECT_EQ(in_mirror("p{background:url(/s\\ \\(1\\)\\,2.png)}", "text/css"),
            "p{background:url(../s%20%281%29%2C2.png)}");
}

TEST(LinkRewriter, LetsNoRequestLeave) {
  EXPECT_EQ(in_mirror("<img src=/lost><script src='//x/y'></script><iframe src=/f></iframe>"),
            "<img src=data:,><script src='data:,'></script><iframe src=data:,></iframe>");
  EXPECT_EQ(in_mirror("<style>@import '/lost';p{x:url(/lost)}</style>"),
            "<style>@import 'data:,';p{x:url(data:,)}</style>");
  EXPECT_EQ(in_mirror("<link rel=preconnect href=//x><link rel=stylesheet href=//cdn/s.css "
                      "integrity='sha256-x' crossorigin>"),
            "<link rel=preconnect ><link rel=stylesheet href=../../cdn/s.css  >");
  EXPECT_EQ(in_mirror("<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">"),
            "<meta http-equiv=Content-Security-Policy >");
}

TEST(LinkRewriter, KeepsOtherLinksWhole) {
  EXPECT_EQ(in_mirror("<a href='/out?a&amp;b'><a href=mailto:x@y><a href='//o/%27#a\"b'>"),
            "<a href='http://h/out?a&amp;b'><a href=mailto:x@y><a href='http://o/%27#a%22b'>");
  EXPECT_EQ(in_mirror("<form action=send></form>"), "<form action=http://h/d/send></form>");
}

TEST(LinkRewriter, TakesTheBaseOut) {
  EXPECT_EQ(in_mirror("<base href='http://h/'><img src=x.png><a href=#f>"),
            "<base href=''><img src=../x.png><a href=http://h/#f>");
}

TEST(LinkRewriter, WritesUtf8WithAMark) {
  EXPECT_EQ(in_mirror("<p>\xE4", "text/html; charset=latin1"), "\xEF\xBB\xBF<p>\xC3\xA4");
  EXPECT_EQ(in_mirror(std::string("\xFF\xFE<\0p\0>\0", 8)), "<p>");
}

}  // namespace
}  // namespace parlab
