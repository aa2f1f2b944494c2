#include "kernels/network/crawler/check/link_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace parlab {
namespace {

using testing::SizeIs;

LinkTable::Id added(LinkTable& table, const std::string& url) {
  bool is_new = false;
  return table.id_of(url, is_new);
}

std::map<std::string, CheckedLink> found_in(const LinkTable& table) {
  std::map<std::string, CheckedLink> links;
  table.each(10, [&](const CheckedLink& link) { links[link.url] = link; });
  return links;
}

TEST(LinkTable, KeepsEveryParentOfABrokenLink) {
  LinkTable table;
  const auto page = added(table, "p"), other = added(table, "q"), bad = added(table, "bad");
  table.finish(page, {.status = 200});
  table.refer(bad, "", page, {.line = 3, .what = "a href", .text = "x"});
  table.finish(bad, {.status = 404, .error = "http_404"});
  table.refer(bad, "f", other, {.line = 4, .what = "img src"});
  table.refer(page, "", other, {.line = 5, .what = "a href"});
  const auto links = found_in(table);
  EXPECT_EQ(links.at("p").state, LinkState::ok);
  EXPECT_EQ(links.at("p").links, 1U);
  EXPECT_EQ(links.count("q"), 0U);  // not finished
  const CheckedLink& broken = links.at("bad");
  EXPECT_EQ(broken.state, LinkState::broken);
  ASSERT_THAT(broken.parents, SizeIs(2));
  EXPECT_EQ(broken.parents[0].page, "p");
  EXPECT_EQ(broken.parents[0].text, "x");
  EXPECT_EQ(broken.parents[1].line, 4U);
  EXPECT_EQ(broken.parents[1].what, "img src");
}

TEST(LinkTable, FindsFragmentsThatAPageLacks) {
  LinkTable table;
  const auto page = added(table, "p"), file = added(table, "f");
  for (const char* fragment : {"a", "b", "%C3%A9", "top", "TOP", "", "!x", "/y", "a:~:text=z"})
    table.refer(page, fragment, page, {.line = 1, .what = "a href"});
  table.set_anchors(page, {"a", "\xC3\xA9"});
  table.finish(page, {.status = 200});
  table.refer(page, "c", page, {.line = 2, .what = "a href"});
  table.refer(file, "page=3", page, {.line = 3, .what = "a href"});
  table.finish(file, {.status = 200});
  const auto links = found_in(table);
  ASSERT_THAT(links, SizeIs(4));
  EXPECT_EQ(links.at("p").state, LinkState::ok);
  EXPECT_EQ(links.at("p").links, 10U);
  EXPECT_EQ(links.at("p#b").error, "no_anchor");
  EXPECT_EQ(links.at("p#c").parents.at(0).line, 2U);
  EXPECT_EQ(links.at("f").state, LinkState::ok);
}

TEST(LinkTable, JudgesARedirectByItsEnd) {
  LinkTable table;
  const auto from = added(table, "from"), to = added(table, "to"), page = added(table, "page");
  table.refer(from, "lost", page, {.line = 1, .what = "a href"});
  table.finish(from, {.status = 301, .redirect = "to"});
  table.set_anchors(to, {"kept"});
  table.finish(to, {.status = 200});
  table.finish(page, {.status = 200});
  auto links = found_in(table);
  EXPECT_EQ(links.at("from").state, LinkState::moved);
  EXPECT_EQ(links.at("from").final_url, "to");
  EXPECT_EQ(links.at("from#lost").state, LinkState::broken);
  table.finish(to, {.status = 500, .error = "http_500"});
  links = found_in(table);
  EXPECT_EQ(links.at("from").state, LinkState::broken);
  EXPECT_EQ(links.at("from").status, 500);
}

TEST(LinkTable, UpdatesPermanentRedirectsOnly) {
  LinkTable table;
  const auto page = added(table, "page"), a = added(table, "a"), b = added(table, "b"),
             c = added(table, "c"), d = added(table, "d");
  for (const auto id : {a, c}) table.refer(id, "", page, {.line = 1, .what = "a href"});
  table.finish(a, {.status = 308, .redirect = "b"});
  table.finish(b, {.status = 302, .redirect = "d"});
  table.finish(c, {.status = 302, .redirect = "d"});
  table.finish(d, {.status = 200});
  table.finish(page, {.status = 200});
  const auto links = found_in(table);
  EXPECT_EQ(links.at("a").state, LinkState::moved);
  EXPECT_EQ(links.at("a").final_url, "b");  // as far as it is permanent
  EXPECT_EQ(links.at("c").state, LinkState::ok);
  EXPECT_EQ(links.at("c").final_url, "d");
}

TEST(LinkTable, TellsCirclesAndChains) {
  LinkTable table;
  const auto a = added(table, "a"), b = added(table, "b");
  table.finish(a, {.status = 302, .redirect = "b"});
  table.finish(b, {.status = 302, .redirect = "a"});
  for (int i = 0; i < 20; ++i)
    table.finish(added(table, std::to_string(i)),
                 {.status = 302, .redirect = std::to_string(i + 1)});
  table.finish(added(table, "20"), {.status = 200});
  const auto links = found_in(table);
  EXPECT_EQ(links.at("a").error, "redirect_loop");
  EXPECT_EQ(links.at("b").error, "redirect_loop");
  EXPECT_EQ(links.at("0").error, "redirect_limit");
  EXPECT_EQ(links.at("15").state, LinkState::ok);
}

TEST(LinkTable, TellsWhatWasNotChecked) {
  LinkTable table;
  table.finish(added(table, "mailto:x"), {.error = "scheme_mailto", .is_unchecked = true});
  table.finish(added(table, "a"), {.status = 301, .redirect = "unfinished"});
  added(table, "unfinished");
  const auto links = found_in(table);
  EXPECT_EQ(links.at("mailto:x").state, LinkState::unchecked);
  EXPECT_EQ(links.at("a").state, LinkState::unchecked);
}

}  // namespace
}  // namespace parlab
