#include "kernels/network/crawler/references/read_page.hpp"

#include <gtest/gtest.h>

namespace parlab {
namespace {

const Address here = Address::parse("http://h/d/p").value();

/// Where each reference leads.
std::vector<std::string> targets(std::string_view type, std::string_view body) {
  ReadPage page(here, type, body);
  std::vector<std::string> all;
  for (const Reference& reference : page.found().references) {
    const auto& target = page.target(reference);
    all.push_back(target ? target->text() : "none");
  }
  return all;
}

TEST(ReadPage, IsOfAKindByItsType) {
  for (const char* html :
       {"text/html", "TEXT/HTML", "Text/Html;charset=x", "application/xhtml+xml"})
    EXPECT_EQ(ReadPage::kind_of(html), ReadPage::Kind::html) << html;
  EXPECT_EQ(ReadPage::kind_of("Text/CSS; charset=utf-8"), ReadPage::Kind::css);
  for (const char* other : {"", "text/plain", "image/svg+xml", "application/json", "text"})
    EXPECT_EQ(ReadPage::kind_of(other), ReadPage::Kind::other) << other;
}

TEST(ReadPage, WithoutATypeIsTakenForOneByItsBeginning) {
  EXPECT_EQ(ReadPage::type_of("", "\r\n <!doctype html>"), "text/html");
  for (const char* body : {"", " ", "\x89PNG<a href=x>", "text <a href=x>"})
    EXPECT_EQ(ReadPage::type_of("", body), "") << body;
  EXPECT_EQ(ReadPage::type_of("image/png", "<a>"), "image/png");
}

TEST(ReadPage, KnowsWhereReferencesLead) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(targets("text/html", "<a href=q#1><a href=q#2><a href=#3><a href=mailto:a@b>"),
            (Texts{"http://h/d/q", "http://h/d/q", "http://h/d/p", "none"}));
  EXPECT_EQ(targets("text/html", "<a href='q #1'><a href=' q '><a href='?q #'><a href='q#'>"),
            (Texts{"http://h/d/q%20", "http://h/d/q", "http://h/d/p?q%20", "http://h/d/q"}));
  EXPECT_EQ(targets("text/html", "<img src=i><base href=/b/>"), Texts{"http://h/b/i"});
  EXPECT_EQ(targets("text/css", "p { x: url(i) }"), Texts{"http://h/d/i"});
  EXPECT_EQ(targets("image/png", "<a href=x>"), Texts{});
}

TEST(ReadPage, EncodesQueriesOfPagesInTheirCharsetAndThoseOfStyleSheetsInUtf8) {
  using Texts = std::vector<std::string>;
  const std::string latin = "; charset=iso-8859-1";
  EXPECT_EQ(targets("text/html" + latin, "<a href='?\xE9'>"), Texts{"http://h/d/p?%E9"});
  EXPECT_EQ(targets("text/css" + latin, "p{x:url(?\xE9)}"), Texts{"http://h/d/p?%C3%A9"});
}

TEST(ReadPage, KeepsItsTextWithoutAByteOrderMark) {
  EXPECT_EQ(ReadPage(here, "text/html", "\xEF\xBB\xBF<p>").text(), "<p>");
  EXPECT_EQ(ReadPage(here, "text/html; charset=latin1", "\xE4").text(), "\xC3\xA4");
}

}  // namespace
}  // namespace parlab
